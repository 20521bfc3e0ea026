// Between the daemon and everybody else: what arrives, what fails, and what comes back.

#include <nlohmann/json.hpp>

#include "lab.hpp"

namespace settle::scenarios {

using Json = nlohmann::json;

struct Lab::Call {
  HttpRequest request;
  std::function<void(HttpAnswer)> then;
  int life = 0;  // of the daemon that sent it
  PurchaseId purchase;
  std::string step, operation, webhook_id, host;
};

namespace {

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

std::string host_of(const std::string& url) {
  const std::size_t host = url.find("//") + 2;
  return url.substr(host, url.find('/', host) - host);
}

// Timeouts, 5xx and "busy", in equal parts.
Failure vague(int kind) {
  return kind == 0 ? Failure::timeout : Failure::server_error;
}

}  // namespace

void Lab::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  auto call = std::make_shared<Call>();
  call->life = life_;
  call->purchase = *PurchaseId::parse(header(request, "Settle-Purchase"));
  call->step = header(request, "Settle-Step");
  call->operation = header(request, "Settle-Operation");
  call->webhook_id = header(request, "webhook-id");
  call->host = host_of(request.urls.front());
  call->request = std::move(request);
  call->then = std::move(then);
  time_.after(DurationMs{network_.between(1, 20)},
              [this, call] { call->operation == "deliver" ? to_receiver(call) : to_service(call); });
}

void Lab::answer(const CallPtr& call, HttpAnswer answer, DurationMs later) {
  time_.after(later, [this, call, answer = std::move(answer)] {
    if (call->life == life_) turn([&](Engine&) { call->then(answer); });
  });
}

void Lab::fail(const CallPtr& call, Failure failure) {
  answer(call, failed_answer(failure), failed_after(failure, call->request, network_));
}

void Lab::to_receiver(const CallPtr& call) {
  Receiver& receiver = receivers_.at(call->host);
  const std::optional<Failure> failure = receiver.outages.strike(time_.now());
  const bool worked_on = !failure || (may_have_happened(*failure) && network_.chance(500'000));
  if (worked_on && ++receiver.arrived[call->webhook_id] == 1) ++receiver.effects[call->purchase];
  if (failure) return fail(call, *failure);
  HttpAnswer done;
  done.status = 200;
  done.body = "success";
  answer(call, std::move(done), DurationMs{network_.between(1, 50)});
}

// In the experiment of the vague charges: a spell from the first try of each order on.
std::optional<Failure> Lab::trouble(const CallPtr& call) {
  if (!plan_.vague_charges) return service_outages_.at(call->host).strike(time_.now());
  if (call->step != "charge") return std::nullopt;
  const auto [spell, fresh] = spells_.try_emplace(call->purchase);
  if (fresh) {
    // Nine of ten are over in moments, one lasts for minutes.
    const bool moments = world_.chance(900'000);
    const DurationMs lasts = moments ? world_.delay(500, 20'000) : world_.delay(60'000, 300'000);
    spell->second = {time_.now() + lasts, static_cast<int>(world_.below(3))};
  }
  if (spell->second.first <= time_.now()) return std::nullopt;
  return vague(spell->second.second);
}

void Lab::to_service(const CallPtr& call) {
  const std::optional<Failure> failure = trouble(call);
  const bool busy = plan_.vague_charges && failure && spells_.at(call->purchase).second == 2;
  if (busy) {
    HttpAnswer answered;
    answered.status = 503;
    answered.body = R"({"code":"busy","detail":"try again later"})";
    return answer(call, std::move(answered), DurationMs{5});
  }
  // A business refusal is an answer of the service itself.
  const bool refuse = failure == Failure::business && call->operation == "try";
  const bool arrives = !failure || refuse || (may_have_happened(*failure) && network_.chance(500'000));
  sim::Worked worked;
  if (arrives) {
    sim::Job job;
    job.purchase = call->purchase;
    job.step = call->step;
    job.operation = call->operation;
    job.now = time_.now();
    if (job.operation == "try") {
      const Json body = Json::parse(call->request.body);
      job.quantity = body.value("quantity", std::int64_t{0});
      job.amount = body.value("amount", std::int64_t{0});
    }
    worked = services_.at(call->host).work(job, refuse);
  }
  // Of anything else it is no business refusal but trouble, like any other.
  if (failure && !refuse) return fail(call, failure == Failure::business ? Failure::server_error : *failure);
  HttpAnswer done;
  done.status = worked.status;
  done.body = worked.body;
  done.content_type = "application/json";
  answer(call, std::move(done), DurationMs{network_.between(1, 50)});
}

}  // namespace settle::scenarios
