#include "daemon.hpp"

#include <chrono>

namespace settle::test {

void ScriptedClient::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  std::string step, operation;
  for (const auto& [name, value] : request.headers) {
    if (name == "Settle-Step") step = value;
    if (name == "Settle-Operation") operation = value;
    if (name == "Settle-Callback") last_callback = value;
  }
  last_callback_step = step;
  HttpAnswer answer;
  answer.status = 200;
  answer.content_type = "application/json";
  answer.body = "{}";
  if (const auto found = script_.find(step + ":" + operation); found != script_.end()) {
    if (found->second.status == 0) return;
    answer.status = found->second.status;
    answer.body = found->second.body;
    if (answer.status >= 400) answer.content_type = "application/problem+json";
  }
  boost::asio::post(io_, [answer = std::move(answer), then = std::move(then)] { then(answer); });
}

HttpLimits TestDaemon::quick_limits() {
  HttpLimits limits;
  limits.header_timeout = DurationMs{300};
  limits.body_timeout = DurationMs{300};
  limits.idle_timeout = DurationMs{1'500};
  limits.linger = DurationMs{300};
  limits.tick = DurationMs{20};
  return limits;
}

OutletConfig TestDaemon::quick_outlet() {
  OutletConfig config;
  config.look_every = DurationMs{10};
  config.save_every = DurationMs{20};
  config.retry_first = DurationMs{20};
  config.retry_longest = DurationMs{100};
  config.alert_after = DurationMs{300};
  return config;
}

TestDaemon::TestDaemon(Script script, HttpLimits limits, bool registered, EngineConfig config)
    : client(std::make_unique<ScriptedClient>(io_, std::move(script))) {
  using boost::asio::ip::tcp;
  server = std::move(*HttpServer::listen(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0),
                                         limits, [this](const ServerRequest& request, Responder responder) {
                                           api->handle(request, std::move(responder));
                                         }));
  port_ = server->endpoint().port();
  config.callback_base = "http://127.0.0.1:" + std::to_string(port_);
  engine = Engine::create(std::move(config), loop_, *journal, *client, keys_);
  loop_.on_wake([this] { engine->on_wake(); });
  SETTLE_CHECK(engine->recover().ok());
  outlet = Outlet::create(*engine, *journal, loop_, receivers_, io_, keys_, quick_outlet());
  SETTLE_CHECK(outlet->start().ok());
  api = Api::create(*engine, io_, keys_, ApiConfig{DurationMs{20}, DurationMs{200}});
  api->set_server(server.get());
  api->set_outlet(outlet.get());
  sync_often();
  thread_ = std::thread([this] { io_.run(); });
  if (registered) register_all();
}

TestDaemon::~TestDaemon() {
  io_.stop();
  thread_.join();
  server.reset();
  api.reset();
  outlet.reset();
  engine.reset();
}

// A journal in memory is durable only when it is told to be.
void TestDaemon::sync_often() {
  sync_.expires_after(std::chrono::milliseconds(1));
  sync_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (journal->unsynced() > 0) static_cast<void>(journal->sync());
    sync_often();
  });
}

void TestDaemon::register_all() {
  for (const char* name : {"inventory", "payment", "card"}) {
    Participant participant;
    participant.name = name;
    participant.base_urls = {"http://127.0.0.1:9"};
    participant.secrets = {"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"};
    for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel}) {
      participant.endpoints[op] = std::string("/") + name_of(op);
    }
    ask([&] { engine->put_participant(participant, [](const auto&) {}); });
  }
  Merchant merchant;
  merchant.id = "m-1";
  merchant.url = "http://127.0.0.1:9/callback";
  merchant.secrets = {"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"};
  std::promise<void> done;
  ask([&] { engine->put_merchant(merchant, [&done](const auto&) { done.set_value(); }); });
  done.get_future().wait();
}

}  // namespace settle::test
