#include "settle/kit/service_main.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigwait is POSIX

#include <cstdlib>
#include <iostream>

#include "settle/kit/server.hpp"

namespace settle::kit {

namespace {

// Signals go to whoever waits for them, not to a thread of the server.
sigset_t block_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return ends;
}

int complain(const ServiceSpec& spec, const Error& error, int exit_code) {
  std::cerr << spec.name << ": " << error.detail << " (" << error.code << ")\n";
  return exit_code;
}

Route health() {
  return [](const std::shared_ptr<const Request>&, const Reply& reply) {
    reply({200, "application/json", R"({"status":"ok"})", {}});
  };
}

int serve(const ServiceSpec& spec, const ServiceOptions& options,
          const std::function<Result<Routes>(ServiceContext&)>& build) {
  const sigset_t ends = block_signals();
  auto secrets = Secrets::read_file(options.secret_file);
  if (!secrets) return complain(spec, secrets.error(), 1);
  auto database = Database::open(options.data);
  if (!database) return complain(spec, database.error(), 1);
  Reporter reporter(**database, http_post());
  ServiceContext context{options, std::move(secrets).value(), **database, reporter};
  auto routes = build(context);
  if (!routes) return complain(spec, routes.error(), 1);
  (*routes)["GET /healthz"] = health();
  auto server = Server::open(options.port, std::move(routes).value());
  if (!server) return complain(spec, server.error(), 1);
  std::cout << "listening on 127.0.0.1:" << (*server)->port() << std::endl;
  int received = 0;
  sigwait(&ends, &received);
  server.value().reset();
  // An answer put off by a test's misbehaviour may still hold on to what is below: leave it standing. SQLite
  // needs no farewell; what was committed is durable.
  std::cout.flush();
  std::_Exit(0);
}

}  // namespace

int service_main(int argc, char** argv, const ServiceSpec& spec,
                 const std::function<Result<Routes>(ServiceContext&)>& build) {
  const auto options = parse_options(spec, std::vector<std::string>(argv + 1, argv + argc));
  if (!options) return complain(spec, options.error(), 2);
  if (options->help) {
    std::cout << help_text(spec);
    return 0;
  }
  return serve(spec, *options, build);
}

}  // namespace settle::kit
