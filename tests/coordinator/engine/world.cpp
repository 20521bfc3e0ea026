#include "world.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "settle/coordinator/log.hpp"
#include "world_call.hpp"

namespace settle::test {

using Json = nlohmann::json;

namespace {

constexpr std::uint16_t shards = 4;
const std::string refusal = R"({"outcome":"refused","code":"out_of_stock","detail":"none left"})";

std::string rfc3339(TimeMs time) {
  const auto seconds = static_cast<std::time_t>(time.count / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string problem(const std::string& code) {
  return Json{{"code", code}, {"detail", "as the script says"}}.dump();
}

}  // namespace

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

const char* name_of(Behaviour behaviour) {
  static const char* const names[] = {"ok",
                                      "refuse",
                                      "lose_request",
                                      "lose_answer",
                                      "reset",
                                      "busy",
                                      "busy_but_done",
                                      "accepted_told",
                                      "accepted_refused",
                                      "accepted_both",
                                      "accepted_silent",
                                      "accepted_lost",
                                      "fault",
                                      "broken",
                                      "gone"};
  return names[static_cast<int>(behaviour)];
}

World::World(Script script, bool query_endpoints, GatePolicy gates)
    : script_(std::move(script)), gates_(gates), query_endpoints_(query_endpoints) {
  set_log_sink([](std::string_view) {});
  std::array<std::uint8_t, 32> master{};
  master.fill(7);
  keys = KeyRing::from_bytes(master);
  journal = MemoryJournal::create(shards);
  start();
  register_all();
  points_ = 0;
  wire.clear();
}

World::~World() {
  set_log_sink(nullptr);
}

void World::start() {
  config.callback_base = "http://127.0.0.1:1";
  config.recovery_scan = 3;
  config.gates = gates_;
  config.guards = guards;
  config.stats_slice = 3;
  journal->set_probe([this](const char*) { probe(); });
  engine = Engine::create(config, loop, *journal, *this, keys);
  const Status recovered = engine->recover();
  ASSERT_TRUE(recovered.ok()) << recovered.error().code << ": " << recovered.error().detail;
  ASSERT_LE(engine->last_journalled().count, loop.now_.count);
}

void World::register_all() {
  Json endpoints{{"try", "/try"}, {"confirm", "/confirm"}, {"cancel", "/cancel"}};
  if (query_endpoints_) endpoints["query"] = "/query";
  while (step()) {
  }
  int answered = 0;
  for (const char* name : {"inventory", "payment", "card"}) {
    const Json json{{"base_urls", {"http://" + std::string(name)}}, {"endpoints", endpoints}};
    auto participant = parse_participant(name, json.dump(), nullptr);
    ASSERT_TRUE(participant.ok()) << participant.error().detail;
    engine->put_participant(std::move(*participant), [&](const auto& put) { answered += put.ok() ? 1 : 0; });
  }
  auto merchant = parse_merchant("m-1", R"({"url":"http://merchant/callback"})", nullptr);
  ASSERT_TRUE(merchant.ok()) << merchant.error().detail;
  engine->put_merchant(std::move(*merchant), [&](const auto& put) { answered += put.ok() ? 1 : 0; });
  while (step()) {
  }
  ASSERT_EQ(answered, 4);
}

void World::probe(bool leaves_first) {
  ++points_;
  if (points_ == crash_point_ && !leaves_first) throw Crash{};
}

void World::restart(std::size_t survives) {
  engine.reset();
  crash_point_ = 0;
  ++generation_;
  loop.posted.clear();
  loop.wake_ = TimeMs{};
  queues_.clear();
  out.clear();
  journal->set_probe(nullptr);
  journal = journal->crash(survives);
  loop.now_ = loop.now_ + DurationMs{5};
  start();
}

// One thing at a time, in this order: what was posted, a sync of what was appended, what time brings.
bool World::step() {
  if (!loop.posted.empty()) {
    const auto work = std::move(loop.posted.front());
    loop.posted.pop_front();
    work();
    return true;
  }
  if (journal->unsynced() > 0) return (void)journal->sync(), true;
  if (at_idle) at_idle();
  const TimeMs event = events_.empty() ? TimeMs{} : events_.begin()->first;
  const TimeMs next = earlier(event, loop.wake_);
  if (!next || (until_ && until_ < next)) return false;
  if (loop.now_ < next) loop.now_ = next;
  if (next == event) {
    const auto work = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    work();
  } else {
    loop.wake_ = TimeMs{};
    engine->on_wake();
  }
  return true;
}

void World::run(DurationMs limit) {
  const TimeMs until = loop.now_ + limit;
  while (loop.now_ <= until && step()) {
  }
}

void World::pass(DurationMs time) {
  until_ = loop.now_ + time;
  while (step()) {
  }
  loop.now_ = until_;
  until_ = TimeMs{};
}

void World::at(DurationMs later, std::function<void()> work) {
  events_.emplace(loop.now_ + later, std::move(work));
}

SubmitRequest World::request(const std::string& key, const std::string& cart) const {
  SubmitRequest request;
  request.order = {"shop-1", key, "order-" + key, cart, "buyer-1", "GAME-100", "m-1", "CNY", 2, 2'000, "{}"};
  request.digest[0] = 1;
  return request;
}

std::vector<Result<PurchaseView>> World::submit(const SubmitRequest& request) {
  auto answers = std::make_shared<std::vector<Result<PurchaseView>>>();
  engine->submit(request, [this, answers](Result<PurchaseView> view) {
    if (view.ok()) acknowledged.insert(view->purchase.id);
    answers->push_back(std::move(view));
  });
  while (answers->empty() && step()) {
  }
  return *answers;
}

bool World::exists(const PurchaseId& id) {
  bool found = false;
  engine->show(id, [&](const Result<PurchaseView>& view) { found = view.ok(); });
  while (step()) {
  }
  return found;
}

std::vector<PurchaseId> World::claims() const {
  std::vector<PurchaseId> holders;
  for (std::uint16_t n = 0; n < shards; ++n) {
    const auto documents = journal->documents(ShardId{n}, "cart");
    if (!documents) ADD_FAILURE() << documents.error().detail;
    for (const Document& claim : *documents) holders.push_back(PurchaseId::parse(claim.value).value());
  }
  return holders;
}

bool World::recorded(const std::string& event) const {
  for (std::uint16_t n = 0; n < shards; ++n) {
    const auto records = journal->scan(Position{ShardId{n}, 1}, 1'000);
    if (!records) ADD_FAILURE() << records.error().detail;
    for (const Record& record : *records)
      if (record.kind != RecordKind::purchase && Json::parse(record.event).at("event") == event) return true;
  }
  return false;
}

PurchaseView World::show(const PurchaseId& id) {
  std::vector<PurchaseView> shown;
  engine->show(id, [&](Result<PurchaseView> view) {
    ASSERT_TRUE(view.ok()) << view.error().code;
    shown.push_back(std::move(*view));
  });
  while (shown.empty() && step()) {
  }
  return shown.empty() ? PurchaseView{} : shown.front();
}

Behaviour World::next_behaviour(const std::string& name) {
  if (const auto fixed = always.find(name); fixed != always.end()) return fixed->second;
  const auto scripted = script_.find(name);
  const std::size_t index = played_[name]++;
  return scripted == script_.end() || index >= scripted->second.size() ? Behaviour::ok
                                                                       : scripted->second[index];
}

void World::arrive(const std::shared_ptr<Call>& call) {
  auto& newest = epochs_[call->shard];
  if (call->epoch < newest) return reply(call, 412, problem("stale_epoch"));  // as the kit does (I15)
  newest = call->epoch;
  std::string body;
  const Behaviour behaviour = next_behaviour(call->step + ":" + call->operation);
  switch (behaviour) {
    case Behaviour::ok:
      return reply(call, work(*call, false, body), body);
    case Behaviour::refuse: {
      const int status = work(*call, true, body);
      return reply(call, status == 200 && call->operation != "try" ? 409 : status, body);
    }
    case Behaviour::lose_request:
      return fail(call, Cause::answer_timeout, DurationMs{5'000});
    case Behaviour::lose_answer:
      return (void)work(*call, false, body), fail(call, Cause::answer_timeout, DurationMs{5'000});
    case Behaviour::reset:
      return fail(call, Cause::reset, latency);
    case Behaviour::busy:
      return reply(call, 503, problem("busy"));
    case Behaviour::busy_but_done:
      return (void)work(*call, false, body), reply(call, 503, problem("busy"));
    case Behaviour::accepted_told:
    case Behaviour::accepted_both: {
      (void)work(*call, false, body);
      const Json result = body.empty() ? Json::object() : Json::parse(body);
      report(call, Json{{"outcome", "done"}, {"result", result}}.dump(), 3);
      if (behaviour == Behaviour::accepted_both)
        at(DurationMs{2'000}, [this, call] { report(call, refusal, 1); });
      return reply(call, 202, "");
    }
    case Behaviour::accepted_refused:
      (void)work(*call, true, body);
      report(call, refusal, 3);
      return reply(call, 202, "");
    case Behaviour::accepted_silent:
      return (void)work(*call, false, body), reply(call, 202, "");
    case Behaviour::accepted_lost:
      return reply(call, 202, "");
    case Behaviour::fault:
      return reply(call, 404, problem("no_route"));
    case Behaviour::gone:
      return reply(call, 410, problem("gone"));
    case Behaviour::broken:
      return reply(call, 500, problem("broken"));
  }
}

void World::reply(const std::shared_ptr<Call>& call, int status, const std::string& body) {
  HttpAnswer answer;
  answer.url = call->request.urls.front();
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = body;
  at(latency, [this, call, answer] {
    if (call->generation == generation_) call->then(answer);
  });
}

void World::fail(const std::shared_ptr<Call>& call, Cause cause, DurationMs later) {
  HttpAnswer answer;
  answer.url = call->request.urls.front();
  answer.failure = cause;
  at(later, [this, call, answer] {
    if (call->generation == generation_) call->then(answer);
  });
}

// A participant reports until it is answered; a coordinator that is down or recovering is simply not there.
void World::report(const std::shared_ptr<Call>& call, const std::string& body, int tries) {
  at(DurationMs{400}, [this, call, body, tries] {
    const std::string token = call->callback.substr(call->callback.rfind('/') + 1);
    auto answered = std::make_shared<bool>(false);
    engine->callback(token, body, [this, answered](const Result<Done>& done) {
      *answered = true;
      if (!done.ok() && done.error().code == "contradiction") ++alerts_409;
    });
    if (tries > 1) report(call, body, tries - 1);  // once more in any case: duplicates are everyday
  });
}

int World::work(const Call& call, bool refuse, std::string& body) {
  if (call.operation == "deliver") {
    if (refuse) return 409;
    ++deliveries[call.purchase][call.webhook_id];
    return 200;
  }
  Hold& hold = books[call.purchase][call.step];
  if (call.operation == "try") return try_(hold, refuse, body);
  if (call.operation == "confirm") return refuse ? 409 : confirm(hold, call, body);
  if (call.operation == "cancel") return refuse ? 409 : cancel(hold);
  const char* state = hold.confirmed   ? "confirmed"
                      : hold.cancelled ? "cancelled"
                      : hold.refused   ? "refused"
                      : hold.tried     ? "tried"
                                       : "unknown";
  body = Json{{"state", state}, {"result", {{"hold", "h-1"}}}, {"code", "out_of_stock"}}.dump();
  return 200;
}

int World::try_(Hold& hold, bool refuse, std::string& body) {
  Json said{{"hold", "h-1"}};
  if (hold_lasts.count > 0) said["expires_at"] = rfc3339(loop.wall() + hold_lasts);
  body = said.dump();
  if (hold.cancelled) return body = problem("fenced"), 409;
  if (hold.refused) return body = problem("out_of_stock"), 409;
  if (hold.tried) return 200;
  if (refuse) return hold.refused = true, body = problem("out_of_stock"), 409;
  hold.tried = true;
  ++hold.effective_tries;
  return 200;
}

int World::confirm(Hold& hold, const Call& call, std::string& body) {
  if (call.step == "issue") {
    body = Json{{"cards", {{{"code", "SECRET-" + call.purchase.text()}}}}}.dump();
    // I12, from the wire: no card before its charge is captured.
    EXPECT_TRUE(books[call.purchase]["charge"].confirmed)
        << "I12: a card was issued before its charge was captured";
  }
  if (hold.confirmed) return 200;
  if (!hold.tried || hold.cancelled) return body = problem("contradiction"), 409;
  hold.confirmed = true;
  ++hold.effective_confirms;
  return 200;
}

int World::cancel(Hold& hold) {
  if (hold.confirmed) return 409;
  hold.cancelled = true;  // also without a try: the fence (I9)
  return 200;
}

}  // namespace settle::test
