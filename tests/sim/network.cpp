#include "network.hpp"

#include <nlohmann/json.hpp>

#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::sim {
namespace {

using Json = nlohmann::json;

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

std::string problem(const char* code) {
  return Json{{"code", code}, {"detail", "simulated"}}.dump();
}

}  // namespace

std::string Call::text() const {
  return job.purchase.text().substr(0, 8) + " " + job.step + ":" + job.operation + ":" +
         std::to_string(attempt);
}

CallPtr Network::read(HttpRequest request, std::function<void(HttpAnswer)> then) {
  auto call = std::make_shared<Call>();
  call->life = world_.daemon.life();
  call->job.purchase = *PurchaseId::parse(header(request, "Settle-Purchase"));
  call->job.step = header(request, "Settle-Step");
  call->job.operation = header(request, "Settle-Operation");
  call->attempt = std::stoi(header(request, "Settle-Attempt"));
  call->callback = header(request, "Settle-Callback");
  call->webhook_id = header(request, "webhook-id");
  const std::string epoch = header(request, "Settle-Epoch");
  call->shard = std::stoi(epoch);
  call->epoch = std::stoull(epoch.substr(epoch.find(':') + 1));
  const std::string& url = request.urls.front();
  const std::size_t host = url.find("//") + 2;
  call->service = url.substr(host, url.find('/', host) - host);
  if (call->job.operation != "query" || !request.body.empty()) {
    const Json body = Json::parse(request.body);
    call->job.quantity = body.value("quantity", std::int64_t{0});
    call->job.amount = body.value("amount", std::int64_t{0});
    call->job.buyer = body.value("buyer", "");
    call->job.sku = body.value("sku", "");
    const Json results = body.value("results", Json::object());
    for (const auto& [step, result] : results.items())
      if (result.contains("hold")) call->holds[step] = result["hold"];
  }
  call->request = std::move(request);
  call->then = std::move(then);
  return call;
}

void Network::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  const CallPtr call = read(std::move(request), std::move(then));
  world_.note("send", call->text());
  world_.oracle.left(*call);
  if (world_.faults.strikes(Fault::crash_at_send)) {
    if (world_.faults.random(Fault::crash_at_send).chance(500'000)) travel(call, DurationMs{2});
    throw Crash{"send"};
  }
  leave(call);
}

bool Network::is_down(const std::string& service) const {
  const auto link = links.find(service);
  return link != links.end() && (link->second.gone || world_.time.now() < link->second.dead);
}

bool Network::fails_before_leaving(const CallPtr& call) {
  const DurationMs connect = call->request.limits.connect_timeout;
  Random& random = world_.network_random;
  Faults& faults = world_.faults;
  const Link& link = links[call->service];
  const TimeMs now = world_.time.now();
  if (is_down(call->service)) return fail(call, Cause::refused, random.delay(1, 20)), true;
  if (now < link.cut_there) return fail(call, Cause::connect_timeout, connect), true;
  if (faults.strikes(Fault::connect_refused)) return fail(call, Cause::refused, random.delay(1, 20)), true;
  if (faults.strikes(Fault::connect_timeout)) return fail(call, Cause::connect_timeout, connect), true;
  if (faults.strikes(Fault::dns)) return fail(call, Cause::dns, random.delay(1, 2'000)), true;
  if (faults.strikes(Fault::tls)) return fail(call, Cause::tls, random.delay(1, 200)), true;
  if (faults.strikes(Fault::overload)) return fail(call, Cause::overload, DurationMs{30'000}), true;
  if (faults.strikes(Fault::reset_before)) return fail(call, Cause::reset, random.delay(1, 200)), true;
  return false;
}

// Some services are next door, and some are not; some links are steady, and some are not.
DurationMs Network::way(const CallPtr& call) {
  Link& link = links[call->service];
  if (link.far_ms == 0) {
    Random odds = world_.seed.split("link " + call->service);
    link.near_ms = odds.skewed(1, 30);
    link.far_ms = link.near_ms + odds.skewed(1, 300);
  }
  return world_.network_random.delay(link.near_ms, link.far_ms);
}

void Network::leave(const CallPtr& call) {
  Random& random = world_.network_random;
  Faults& faults = world_.faults;
  if (fails_before_leaving(call)) return;
  // A client that breaks its promise and says nothing at all: the engine gives the call up by itself.
  if (faults.strikes(Fault::client_silent)) call->answered = true;
  fail(call, Cause::answer_timeout, call->request.answer_timeout);  // unless an answer comes before
  if (faults.strikes(Fault::request_lost)) return;
  DurationMs wait = way(call);
  if (faults.strikes(Fault::request_slow)) wait = faults.random(Fault::request_slow).delay(100, 180'000);
  travel(call, wait);
  if (faults.strikes(Fault::request_doubled))
    travel(call, faults.random(Fault::request_doubled).delay(1, 90'000));
  if (faults.strikes(Fault::reset_after)) fail(call, Cause::reset, random.delay(1, 200));
}

void Network::travel(const CallPtr& call, DurationMs wait) {
  world_.time.after(wait, [this, call] { arrive(call); });
}

void Network::arrive(const CallPtr& call) {
  Faults& faults = world_.faults;
  if (is_down(call->service)) return fail(call, Cause::reset, DurationMs{1});
  if (call->job.operation == "deliver") return deliver(call);
  Service& service = world_.services.at(call->service);
  auto& newest = service.epochs[call->shard];
  if (call->epoch < newest) return answer(call, 412, problem("stale_epoch"));  // as the kit does (I15)
  newest = call->epoch;
  if (faults.strikes(Fault::stall)) return;
  if (faults.strikes(Fault::busy)) return answer(call, 503, problem("busy"));
  if (faults.strikes(Fault::service_fault)) return answer(call, 404, problem("no_route"));
  const std::string& op = call->job.operation;
  const bool refuse = op == "try"       ? faults.strikes(Fault::refuse_try)
                      : op == "confirm" ? faults.strikes(Fault::refuse_confirm)
                      : op == "cancel"  ? faults.strikes(Fault::refuse_cancel)
                                        : false;
  if (op != "query" && !refuse) {
    const bool late = faults.strikes(Fault::accept_late), early = faults.strikes(Fault::accept_early),
               twice = faults.strikes(Fault::accept_twice), never = faults.strikes(Fault::accept_never),
               refused = faults.strikes(Fault::accept_refused);
    if (late || never) {
      service.accept(call->job);
      const DurationMs work = faults.random(Fault::accept_late).delay(200, 300'000);
      world_.time.after(work, [this, call, never] {
        if (!never) accepted(call, false);
      });
      return answer(call, 202, "");
    }
    if (early || twice || refused) {
      accepted(call, refused);
      if (twice) accepted(call, false);
      return answer(call, 202, "");
    }
  }
  const Worked worked = work(call, refuse, " -> ");
  if (op == "query" && is_stuck(call->job)) return answer(call, 200, R"({"state":"pending"})");
  if (op == "query" && says_wrong(call->job)) return answer(call, 200, wrong_word(call->job));
  if (op != "query" && faults.strikes(Fault::busy_but_done)) return answer(call, 503, problem("busy"));
  answer(call, worked.status, worked.body);
}

// The work of a call that was answered 202, and the report of it.
void Network::accepted(const CallPtr& call, bool refuse) {
  if (is_down(call->service)) return;
  const Worked worked = work(call, refuse, " later -> ");
  Json body;
  if (worked.status == 200) {
    body = Json{{"outcome", "done"}, {"result", Json::parse(worked.body)}};
  } else {
    body = Json::parse(worked.body);
    body["outcome"] = "refused";
  }
  Faults& faults = world_.faults;
  const bool late = faults.strikes(Fault::report_late);
  const DurationMs wait = world_.network_random.delay(1, 500);
  report(call, body.dump(), 30, late ? faults.random(Fault::report_late).delay(1'000, 1'800'000) : wait);
}

// As the kit's reporter does: until it is answered 200, or it is pointless.
void Network::report(const CallPtr& call, const std::string& body, int tries, DurationMs wait) {
  world_.time.after(wait, [this, call, body, tries] {
    if (tries == 0) return;
    const auto again = [this, call, body, tries] {
      report(call, body, tries - 1, world_.network_random.delay(500, 120'000));
    };
    if (!world_.daemon.up() || world_.faults.strikes(Fault::answer_lost)) return again();
    auto done = std::make_shared<bool>(false);
    world_.daemon.run([this, call, body, done](Engine& engine) {
      const std::string token = call->callback.substr(call->callback.rfind('/') + 1);
      world_.oracle.callback_arrives(*call);
      Then<Done> then = [this, call, body, done](const Result<Done>& said) {
        world_.note("told", call->text() + " " + (said ? "ok" : said.error().code));
        world_.oracle.callback_answered(*call, said ? "" : said.error().code);
        *done = said.ok() || said.error().code == "contradiction";
        if (said.ok()) old_callbacks_.push_back({call, body});
      };
      engine.callback(token, body, world_.oracle.questions.ask("callback", std::move(then)));
    });
    world_.time.after(DurationMs{15'000}, [again, done] {
      if (!*done) again();
    });
  });
}

// Tokens that nobody gave out, old reports again, reports that say the opposite, and noise (I13).
void Network::forge_callbacks() {
  Faults& faults = world_.faults;
  const auto send = [this](const CallPtr& call, const std::string& token, const std::string& body,
                           const char* what, bool known) {
    world_.daemon.run([this, call, token, body, what, known](Engine& engine) {
      world_.oracle.callback_arrives(*call);
      Then<Done> then = [this, what, known](const Result<Done>& said) {
        world_.note(what, said ? "ok" : said.error().code);
        world_.oracle.forged_callback(what, known, said ? "" : said.error().code);
      };
      engine.callback(token, body, world_.oracle.questions.ask(what, std::move(then)));
    });
  };
  if (old_callbacks_.empty()) return;
  const Told told = world_.network_random.pick(old_callbacks_);
  const std::string& body = told.body;
  std::string token = told.call->callback.substr(told.call->callback.rfind('/') + 1);
  if (faults.strikes(Fault::callback_stale, 100'000)) send(told.call, token, body, "stale", true);
  if (faults.strikes(Fault::callback_malformed, 100'000))
    send(told.call, token, R"({"outcome":"perhaps"})", "malformed", true);
  const bool was_done = body.find("\"done\"") != std::string::npos;
  // That money moved after all is nothing to say by mistake; that a hold is there, is.
  const bool harmless = was_done || told.call->job.operation == "try";
  if (harmless && faults.strikes(Fault::callback_contradicts, 100'000))
    send(told.call, token,
         was_done ? R"({"outcome":"refused","code":"changed_my_mind","detail":""})" : R"({"outcome":"done"})",
         "contradicts", true);
  if (faults.strikes(Fault::callback_forged, 100'000)) {
    char& touched = token[world_.network_random.below(token.size())];
    touched = touched == 'A' ? 'B' : 'A';
    send(told.call, token, body, "forged", false);
  }
}

// The work itself. A hold may last for a while only: said in the answer, and meant.
Worked Network::work(const CallPtr& call, bool refuse, const char* how) {
  Faults& faults = world_.faults;
  Service& service = world_.services.at(call->service);
  Job job = call->job;
  job.now = world_.time.now();
  job.ahead = world_.daemon.clock().now() - job.now;
  if (job.operation == "try" && world_.oracle.is_hold(job) && faults.strikes(Fault::hold_expires)) {
    const DurationMs lasts = faults.random(Fault::hold_expires).delay(8'000, 3'600'000);
    job.expires = world_.time.now() + lasts;
    job.expires_text = rfc3339(job.expires);
  }
  Worked worked = service.work(job, refuse);
  if (job.expires && worked.effective && worked.status == 200)
    world_.time.at(job.expires, [&service, job] { service.expire(job); });
  world_.note("work", call->service + " " + call->text() + how + std::to_string(worked.status));
  world_.oracle.worked(service, job, worked);
  return worked;
}

// A service that has lost count of a step says that it is still working on it, until somebody repairs it.
bool Network::is_stuck(const Job& job) {
  if (!world_.faults.present(Fault::query_stuck)) return false;
  const auto key = std::pair(job.purchase, job.step);
  if (world_.faults.strikes(Fault::query_stuck)) stuck_.insert(key);
  return stuck_.count(key) != 0;
}

// Of what was cancelled it is asked seldom, and then it is often wrong.
bool Network::says_wrong(const Job& job) {
  const Hold* hold = world_.services.at(target_of(job)).find(job.purchase, job.step);
  if (hold != nullptr && hold->cancelled) return world_.faults.strikes(Fault::query_wrong, 700'000);
  return world_.faults.strikes(Fault::query_wrong);
}

// What a service may say by mistake without giving away what it holds: that is a person's to sort out. After
// a cancel it may say anything.
std::string Network::wrong_word(const Job& job) {
  const Hold* hold = world_.services.at(target_of(job)).find(job.purchase, job.step);
  const Decision decision = world_.oracle.log().find(job.purchase)->purchase.decision;
  std::vector<std::string> words = {"pending", "unknown"};
  if (decision != Decision::commit) words.emplace_back("confirmed");
  if (decision != Decision::cancel) words.emplace_back("cancelled");
  if (hold != nullptr && hold->cancelled) words.insert(words.end(), {"tried", "refused"});
  return Json{{"state", world_.faults.random(Fault::query_wrong).pick(words)}}.dump();
}

const std::string& Network::target_of(const Job& job) const {
  for (const StepDefinition& step : world_.oracle.log().find(job.purchase)->definition->steps)
    if (step.name == job.step) return step.target;
  return job.step;
}

// Merchants, and a participant that keeps an archive: they only take note.
void Network::deliver(const CallPtr& call) {
  Faults& faults = world_.faults;
  if (faults.strikes(Fault::stall)) return;
  if (faults.strikes(Fault::busy)) return answer(call, 503, problem("busy"));
  if (faults.strikes(Fault::service_fault)) return answer(call, 404, problem("no_route"));
  if (faults.strikes(Fault::refuse_delivery)) return answer(call, 409, problem("not_mine"));
  const auto take_note = [this, call] {
    world_.note("deliver", call->text());
    world_.oracle.delivered(*call);
  };
  if (call->callback.empty() || !faults.strikes(Fault::accept_late))
    return take_note(), answer(call, 200, "{}");
  answer(call, 202, "");
  if (faults.strikes(Fault::accept_never)) return;
  const bool refused = faults.strikes(Fault::accept_refused);
  world_.time.after(faults.random(Fault::accept_late).delay(200, 300'000), [this, call, take_note, refused] {
    if (!refused) take_note();
    report(call, refused ? R"({"outcome":"refused","code":"not_mine","detail":""})" : R"({"outcome":"done"})",
           30, world_.network_random.delay(1, 500));
  });
}

void Network::answer(const CallPtr& call, int status, std::string body) {
  Faults& faults = world_.faults;
  Random& random = world_.network_random;
  if (world_.time.now() < links[call->service].cut_back) return;
  if (faults.strikes(Fault::answer_lost)) return;
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.content_digest = content_digest(body);
  answer.body = std::move(body);
  if ((status == 503 || status == 409) && faults.strikes(Fault::retry_after))
    answer.retry_after = std::to_string(faults.random(Fault::retry_after).skewed(1, 4'000));
  if (faults.strikes(Fault::answer_wrong_status))
    answer.status = random.pick(std::vector<int>{408, 500, 502, 504, 425, 429});
  if (faults.strikes(Fault::answer_wrong_digest)) answer.body = R"({"hold":"garbled"})";
  if (faults.strikes(Fault::answer_not_json)) answer.body = "<html>", answer.content_digest.clear();
  if (faults.strikes(Fault::answer_truncated)) {
    HttpAnswer cut;
    cut.failure = Cause::reset;
    return world_.time.after(way(call), [this, call, cut] { settle(call, cut); });
  }
  DurationMs wait = way(call);
  if (faults.strikes(Fault::answer_slow)) wait = faults.random(Fault::answer_slow).delay(100, 60'000);
  world_.time.after(wait, [this, call, answer] { settle(call, answer); });
}

void Network::fail(const CallPtr& call, Cause cause, DurationMs wait) {
  HttpAnswer answer;
  answer.failure = cause;
  answer.failure_detail = "simulated";
  world_.time.after(wait, [this, call, answer] { settle(call, answer); });
}

// The client's promise: once, and to the process that asked.
void Network::settle(const CallPtr& call, HttpAnswer answer) {
  if (call->answered || call->life != world_.daemon.life()) return;
  call->answered = true;
  world_.daemon.run([this, call, answer = std::move(answer)](Engine&) {
    world_.note("answer",
                call->text() + " " + std::to_string(answer.status) + " " + settle::name_of(answer.failure));
    world_.oracle.answered(*call, answer);
    call->then(answer);
  });
}

}  // namespace settle::sim
