// settled: opens what it is configured with, recovers, serves, and stops when it is told to.
// docs/operating.md describes what its exits and refusals mean.

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "settle/coordinator/api.hpp"
#include "settle/coordinator/asio_loop.hpp"
#include "settle/coordinator/config.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/coordinator/outlet.hpp"
#include "settle/coordinator/verify.hpp"
#include "settle/participants/beast_client.hpp"
#include "settle/wal/rocks_journal.hpp"

namespace settle {
namespace {

enum ExitCode : int {
  exit_fine = 0,
  exit_other = 1,
  exit_configuration = 2,
  exit_data = 3,
  exit_address = 4
};

constexpr DurationMs drain_patience{5'000};

// Why the daemon does not start, for people and for the log.
int refuse(int code, const Error& error) {
  log_error("settled does not start", {{"code", error.code}, {"detail", error.detail}, {"exit", code}});
  return code;
}

// Everything the daemon is made of, in the order in which it is built; it ends in the reverse.
class Daemon {
 public:
  explicit Daemon(Config config) : config_(std::move(config)), loop_(io_), signals_(io_) {}

  int run();
  int verify();

 private:
  Status open();
  Status listen();
  Status start_engine();
  void watch_signals();
  void stop(int signal);

  Config config_;
  boost::asio::io_context io_{1};
  AsioLoop loop_;
  std::shared_ptr<const KeyRing> keys_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<BeastClient> client_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Outlet> outlet_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
  boost::asio::signal_set signals_;
  std::string url_;
  bool stopping_ = false;
};

Status Daemon::open() {
  if (Status folder = prepare_data_folder(config_); !folder) return folder;
  auto keys = KeyRing::open(config_.key_path(), !holds_journal(config_.journal_path()));
  if (!keys) return keys.error();
  keys_ = *std::move(keys);
  RocksOptions options;
  options.folder = config_.journal_path();
  options.shard_count = config_.shards;
  options.key_id = keys_->id();
  options.block_cache_bytes = config_.cache_bytes;
  auto journal = open_rocks_journal(options);
  if (!journal) return journal.error();
  journal_ = *std::move(journal);
  return ok();
}

// Bound before the engine starts, whose callbacks need the port; served only after recovery, since nothing
// runs until then.
Status Daemon::listen() {
  const boost::asio::ip::tcp::endpoint wanted(boost::asio::ip::make_address(config_.listen_address),
                                              config_.listen_port);
  auto server = HttpServer::listen(io_, wanted, HttpLimits{},
                                   [this](const ServerRequest& request, Responder responder) {
                                     api_->handle(request, std::move(responder));
                                   });
  if (!server) return server.error();
  server_ = *std::move(server);
  const auto bound = server_->endpoint();
  const std::string host = bound.address().to_string();
  url_ = "http://" + (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(bound.port());
  return ok();
}

Status Daemon::start_engine() {
  client_ = std::make_unique<BeastClient>(io_);
  EngineConfig config;
  config.callback_base = config_.callback_base.empty() ? url_ : config_.callback_base;
  config.in_motion_max = config_.in_motion_max;
  config.rest_after = config_.rest_after;
  config.gates = config_.gates;
  config.guards = config_.guards;
  config.resolve_needs_second_person = config_.resolve_needs_second_person;
  config.sweep_every = config_.sweep_every;
  engine_ = Engine::create(std::move(config), loop_, *journal_, *client_, keys_);
  loop_.on_wake([this] { engine_->on_wake(); });
  loop_.on_divergence([this](DurationMs apart) { engine_->clock_diverged(apart); });
  if (Status recovered = engine_->recover(); !recovered) return recovered;
  loop_.not_before(engine_->last_journalled());
  outlet_ = Outlet::create(*engine_, *journal_, loop_, *client_, io_, keys_);
  if (Status started = outlet_->start(); !started) return started;
  api_ = Api::create(*engine_, io_, keys_);
  api_->set_server(server_.get());
  api_->set_outlet(outlet_.get());
  return ok();
}

void Daemon::watch_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (stopping_) std::_Exit(exit_other);  // asked twice: at once; the journal bears it
    stop(signal);
    watch_signals();
  });
}

// Callbacks and status are still answered while the engine finishes the calls that are out.
void Daemon::stop(int signal) {
  stopping_ = true;
  log_info("stopping", {{"signal", signal}, {"patience_ms", config_.stop_patience}});
  server_->stop_accepting();
  api_->stop();
  outlet_->stop();
  engine_->stop(config_.stop_patience, [this] { server_->drain(drain_patience, [this] { io_.stop(); }); });
}

// I21: every record, replayed, gives the transitions and the snapshots that were recorded.
int Daemon::verify() {
  if (!holds_journal(config_.journal_path()))
    return refuse(exit_data, {"no_journal", config_.journal_path().string() + " holds no journal"});
  if (const Status opened = open(); !opened) return refuse(exit_data, opened.error());
  const auto report = verify_journal(*journal_);
  if (!report) return refuse(exit_data, report.error());
  std::printf(
      "%llu records in %u shards: the chain is whole; %llu events of %zu purchases replay to what was "
      "recorded; "
      "%llu snapshots are what their records lead to\n",
      static_cast<unsigned long long>(report->records), journal_->shard_count(),
      static_cast<unsigned long long>(report->events), report->purchases.size(),
      static_cast<unsigned long long>(report->snapshots));
  return exit_fine;
}

int Daemon::run() {
  if (const Status opened = open(); !opened) return refuse(exit_data, opened.error());
  if (const Status listening = listen(); !listening) {
    const bool in_use = listening.error().code == "address_in_use";
    return refuse(in_use ? exit_address : exit_other, listening.error());
  }
  if (const Status started = start_engine(); !started) return refuse(exit_data, started.error());
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  watch_signals();
  log_info("ready", {{"url", url_}, {"data", config_.data.native()}, {"version", settle_version()}});
  std::printf("settled ready on %s\n", url_.c_str());
  std::fflush(stdout);
  io_.run();
  const Status flushed = journal_->flush();
  if (!flushed) return refuse(exit_data, flushed.error());
  log_info("stopped");
  return exit_fine;
}

// A closed pipe or a full quota is a failed write, which is dealt with where it happens; not a reason to die.
void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

int start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  auto loaded = load_config(arguments, environment);
  if (!loaded) {
    std::fprintf(stderr, "settled: %s\n", loaded.error().detail.c_str());
    return exit_configuration;
  }
  for (const std::string& warning : loaded->warnings) log_warn("configuration", {{"detail", warning}});
  switch (loaded->command) {
    case ConfigCommand::help:
      std::fputs(config_help().c_str(), stdout);
      return exit_fine;
    case ConfigCommand::version:
      std::printf("settled %s\n", settle_version());
      return exit_fine;
    case ConfigCommand::print:
      std::printf("%s\n", printed_config(*loaded).c_str());
      return exit_fine;
    case ConfigCommand::check:
      std::puts("the configuration is fine");
      return exit_fine;
    case ConfigCommand::verify:
    case ConfigCommand::run:
      break;
  }
  set_log_level(loaded->config.log_level);
  prepare_process();
  if (loaded->command == ConfigCommand::verify) return Daemon(std::move(loaded->config)).verify();
  return Daemon(std::move(loaded->config)).run();
}

}  // namespace
}  // namespace settle

int main(int count, char** values) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  return settle::start(std::vector<std::string>(values + 1, values + count), environment);
}
