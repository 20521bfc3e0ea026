#include <utility>

#include "daemon.hpp"

#include "settle/coordinator/log.hpp"

namespace settle::fuzz {

Daemon::Daemon()
    : exchange_(io_, [this](const ServerRequest& request, Responder responder) {
        api_->handle(request, std::move(responder));
      }) {
  set_log_level(LogLevel::alert);
  set_log_sink([](std::string_view) {});
  exchange_.work = [this] { return work(); };
  start();
  Participant participant;
  participant.base_urls = {"http://127.0.0.1:9"};
  participant.secrets = {"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"};
  for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel, Operation::deliver})
    participant.endpoints[op] = "/op";
  for (const char* name : {"inventory", "payment", "card"}) {
    participant.name = name;
    engine_->put_participant(participant, [](const auto& put) { SETTLE_CHECK(put.ok()); });
  }
  Merchant merchant;
  merchant.id = "m-1";
  merchant.url = "http://127.0.0.1:9/callback";
  merchant.secrets = participant.secrets;
  engine_->put_merchant(merchant, [](const auto& put) { SETTLE_CHECK(put.ok()); });
  while (work()) {
  }
}

void Daemon::start() {
  EngineConfig config;
  config.callback_base = base_;
  engine_ = Engine::create(config, loop_, *journal_, client_, keys_);
  SETTLE_CHECK(engine_->recover().ok());
  api_ = Api::create(*engine_, io_, keys_);
}

bool Daemon::work() {
  if (journal_->unsynced() > 0) return SETTLE_CHECK(journal_->sync().ok()), true;
  if (loop_.posted.empty()) return false;
  const auto work = std::move(loop_.posted.front());
  loop_.posted.pop_front();
  work();
  return true;
}

void Daemon::restart() {
  while (work()) {
  }
  api_.reset();
  engine_.reset();
  loop_.posted.clear();
  journal_ = journal_->crash(0);
  start();
  while (work()) {
  }
}

std::string Daemon::callback_path() const {
  return client_.callback.empty() ? "" : client_.callback.substr(base_.size());
}

Answer Daemon::ask(const std::string& method, const std::string& target, std::string_view body,
                   const std::string& headers) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: settle\r\n" + headers;
  if (!body.empty())
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  request.append("\r\n").append(body);
  const std::string bytes = exchange_.run(request, request.size(), Exchange::End::half_close);
  const std::vector<Answer> answers = answers_in(bytes, {method == "HEAD"});
  SETTLE_CHECK(answers.size() == 1);
  return answers.front();
}

}  // namespace settle::fuzz
