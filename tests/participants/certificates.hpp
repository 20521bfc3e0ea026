#pragma once
// A self-signed certificate made on the spot, and a TLS server that shows it.

#include <filesystem>
#include <functional>
#include <string>

#include "scripted_server.hpp"

namespace settle::test {

// Files in a folder of their own, removed at the end.
struct Certificate {
  explicit Certificate(const std::string& names = "DNS:localhost,IP:127.0.0.1");
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  std::filesystem::path folder, certificate, key;
};

// A script that shakes hands, answers each request with 200 "{}", and ends when the client does.
std::function<void(Peer&)> tls_script(const Certificate& certificate);

}  // namespace settle::test
