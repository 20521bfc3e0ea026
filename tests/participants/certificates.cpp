#include "certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <memory>

namespace settle::test {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using File = std::unique_ptr<BIO, Freer<BIO_free_all>>;

void add_extension(X509* cert, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert make_certificate(EVP_PKEY* key, const std::string& names) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("settle test"),
                             -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_set_pubkey(cert.get(), key);
  add_extension(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert.get(), NID_subject_alt_name, names.c_str());
  X509_sign(cert.get(), key, EVP_sha256());
  return cert;
}

}  // namespace

Certificate::Certificate(const std::string& names) {
  std::string pattern = (std::filesystem::temp_directory_path() / "settle-tls-XXXXXX").string();
  folder = ::mkdtemp(pattern.data());
  certificate = folder / "certificate.pem";
  key = folder / "key.pem";
  const Key made(EVP_EC_gen("P-256"));
  const Cert cert = make_certificate(made.get(), names);
  const File cert_file(BIO_new_file(certificate.c_str(), "w"));
  PEM_write_bio_X509(cert_file.get(), cert.get());
  const File key_file(BIO_new_file(key.c_str(), "w"));
  PEM_write_bio_PrivateKey(key_file.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

Certificate::~Certificate() {
  std::filesystem::remove_all(folder);
}

std::function<void(Peer&)> tls_script(const Certificate& certificate) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate_file(context.get(), certificate.certificate.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context.get(), certificate.key.c_str(), SSL_FILETYPE_PEM);
  return [context](Peer& peer) {
    const std::unique_ptr<SSL, Freer<SSL_free>> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), peer.socket());
    if (SSL_accept(ssl.get()) != 1) return;
    std::string seen;
    char buffer[4096];
    for (;;) {
      const int count = SSL_read(ssl.get(), buffer, sizeof buffer);
      if (count <= 0) return;
      seen.append(buffer, static_cast<std::size_t>(count));
      if (seen.find("\r\n\r\n{}") == std::string::npos) continue;
      seen.clear();
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    }
  };
}

}  // namespace settle::test
