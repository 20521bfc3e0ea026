#pragma once
// The `main` of a service built on the kit: flags, database, secrets, listener, a graceful end on SIGTERM or
// SIGINT.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "settle/kit/http.hpp"
#include "settle/kit/reporter.hpp"
#include "settle/kit/signature.hpp"
#include "settle/kit/sqlite.hpp"

namespace settle::kit {

// A flag of the service's own: "--NAME VALUE".
struct Flag {
  std::string name;   // without the dashes
  std::string value;  // what it means, for --help: "N", "FILE"
  std::string help;
  std::string fallback;
};

struct ServiceSpec {
  std::string name;     // "settle-inventory"
  std::string summary;  // one line
  std::vector<Flag> flags;
};

struct ServiceOptions {
  std::uint16_t port = 0;
  std::string data;
  std::string secret_file;
  std::string base_path;  // "" or "/something"
  bool admin = false;
  bool help = false;
  std::map<std::string, std::string> flags;  // the service's own, by name
};

// Errors: usage.
Result<ServiceOptions> parse_options(const ServiceSpec& spec, const std::vector<std::string>& arguments);
std::string help_text(const ServiceSpec& spec);

// What the service builds its routes from; it all lives until the listener has closed.
struct ServiceContext {
  ServiceOptions options;
  Secrets secrets;
  Database& database;
  Reporter& reporter;
};

// Prints "listening on 127.0.0.1:PORT" on stdout when ready, and returns the exit code: 0 after a signal, 2
// for wrong usage, 1 for all else that keeps it from serving (said on stderr). Adds GET /healthz to the
// routes.
int service_main(int argc, char** argv, const ServiceSpec& spec,
                 const std::function<Result<Routes>(ServiceContext&)>& build);

}  // namespace settle::kit
