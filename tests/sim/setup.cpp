// What is registered in a world: definitions that differ from seed to seed, services, merchants.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "people.hpp"
#include "settle/statemachine/definition.hpp"
#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::sim {
namespace {

using Json = nlohmann::json;

// Fixed, since a secret that is made up would be another one in the second run of a seed.
constexpr const char* secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

// In place of what the kind of error has by default.
void put_kind(OperationSpec& spec, Operation op, Cause cause, Random& random) {
  CausePolicy one{cause, vary_policy(random), "", false};
  one.apart = ends_apart(spec, op, one) && random.chance(400'000);
  const auto at = std::find_if(spec.on.begin(), spec.on.end(),
                               [&](const CausePolicy& other) { return other.cause >= cause; });
  if (at != spec.on.end() && at->cause == cause) {
    *at = std::move(one);
  } else {
    spec.on.insert(at, std::move(one));
  }
}

}  // namespace

Definition vary(Random& random, const std::string& name) {
  Definition definition = purchase_definition();
  definition.name = name;
  auto& steps = definition.steps;
  if (random.chance(300'000)) steps[0].mode = StepMode::compensable;
  if (random.chance(300'000)) steps[1].mode = StepMode::compensable;
  if (random.chance(300'000)) steps[1].after.clear();  // reserve and charge side by side
  if (random.chance(300'000)) steps[2].after = {0, 1};
  if (random.chance(200'000)) steps[2].after.clear();  // all side by side
  if (steps[1].mode == StepMode::compensable && steps[2].after.empty()) steps[2].after = {1};
  if (random.chance(300'000)) steps[0].confirm_after = {1};
  if (steps[0].mode == StepMode::compensable) steps[0].confirm_after.clear();
  if (steps[1].mode == StepMode::compensable) steps[0].confirm_after.clear();
  if (steps[1].mode == StepMode::compensable) steps[2].confirm_after.clear();
  if (random.chance(300'000)) definition.on_deadline = OnDeadline::person;
  if (random.chance(400'000)) {
    StepDefinition archive = steps[3];
    archive.name = "archive";
    archive.target = "archive";
    archive.after = {static_cast<std::uint8_t>(random.chance(500'000) ? 3 : 2)};
    steps.push_back(archive);
  }
  definition.deadline = random.delay(15'000, 1'800'000);
  definition.decision_margin = DurationMs{random.between(0, 5'000)};
  for (StepDefinition& step : steps) {
    step.await = random.delay(1'000, 120'000);
    for (int n = 1; n <= operation_count; ++n) {
      const auto op = static_cast<Operation>(n);
      if (random.chance(500'000)) continue;
      OperationSpec& spec = step.spec(op);
      spec.timeout = random.delay(200, 20'000);
      spec.probe = random.chance(200'000) ? DurationMs{0} : random.delay(300'000, 3'600'000);
      for (const Cause cause : {Cause::answer_timeout, Cause::reset, Cause::throttled, Cause::contradiction})
        if (random.chance(100'000)) put_kind(spec, op, cause, random);
      if (op == Operation::deliver) {
        spec.retry_name = random.chance(500'000) ? "reach" : "callback";
        continue;
      }
      spec.retry_name = random.chance(300'000) ? "patience" : "";
      if (spec.retry_name.empty()) spec.retry = vary_policy(random);
      if (op == Operation::query) spec.retry.attempts_max = 0;
    }
  }
  return definition;
}

RetryPolicy vary_policy(Random& random) {
  RetryPolicy policy;
  policy.kind = static_cast<RetryKind>(random.between(1, 3));
  policy.base = random.delay(200, 20'000);
  policy.factor_percent = static_cast<std::uint32_t>(random.between(100, 400));
  policy.cap = DurationMs{std::max(policy.base.count, random.delay(5'000, 600'000).count)};
  policy.jitter_percent = static_cast<std::uint32_t>(random.between(0, 50));
  policy.attempts_max = static_cast<std::uint32_t>(random.between(1, 8));
  if (policy.kind == RetryKind::schedule)
    for (DurationMs wait = policy.base; wait <= policy.cap && policy.waits.size() < 8; wait.count *= 3)
      policy.waits.push_back(wait);
  return policy;
}

Participant participant_of(const std::string& name, bool query, Random& random) {
  Json endpoints{{"try", "/try"}, {"confirm", "/confirm"}, {"cancel", "/cancel"}};
  if (query) endpoints["query"] = "/query";
  if (name == "archive") endpoints = Json{{"deliver", "/deliver"}};
  const Json json{{"base_urls", {"http://" + name}},
                  {"endpoints", endpoints},
                  {"secrets", {secret}},
                  {"limits", {{"connect_timeout_ms", random.between(100, 3'000)}}}};
  return *parse_participant(name, json.dump(), nullptr);
}

Merchant merchant_of(const std::string& id) {
  const Json json{{"url", "http://" + id + "/callback"}, {"secrets", {secret}}};
  return *parse_merchant(id, json.dump(), nullptr);
}

std::vector<Definition> People::definitions() {
  std::vector<Definition> all;
  for (const char* name : {"second", "third"})
    if (definitions_random_.chance(700'000)) all.push_back(vary(definitions_random_, name));
  return all;
}

// In order, each repeated until it is done: the daemon may die in between.
void People::next_setup() {
  if (setup_.empty()) return;
  auto settled = std::make_shared<bool>(false);
  world_.daemon.run([this, settled](Engine& engine) {
    if (*settled || setup_.empty()) return;
    const auto task = setup_.front();  // it may be done, and gone from the list, before it returns
    task(engine, [this, settled](bool done) {
      if (*settled || !done) return;
      *settled = true;
      setup_.erase(setup_.begin());
      next_setup();
    });
  });
  world_.time.after(DurationMs{10'000}, [this, settled] {
    if (!*settled) *settled = true, next_setup();
  });
}

void People::begin(DurationMs span) {
  Random random = world_.seed.split("registry");
  for (const char* name : {"inventory", "payment", "card", "archive"}) {
    const Participant participant = participant_of(name, random.chance(700'000), random);
    setup_.push_back([participant](Engine& engine, const std::function<void(bool)>& done) {
      engine.put_participant(participant, [done](const auto& put) { done(put.ok()); });
    });
  }
  for (const char* id : {"m-1", "m-2"})
    setup_.push_back([merchant = merchant_of(id)](Engine& engine, const std::function<void(bool)>& done) {
      engine.put_merchant(merchant, [done](const auto& put) { done(put.ok()); });
    });
  const RetryPolicy patience = vary_policy(random);
  setup_.push_back([patience](Engine& engine, const std::function<void(bool)>& done) {
    engine.put_policy("patience", patience, {}, [done](const auto& put) { done(put.ok()); });
  });
  RetryPolicy reach = vary_policy(random);
  setup_.push_back([reach](Engine& engine, const std::function<void(bool)>& done) {
    engine.put_policy("reach", reach, {}, [done](const auto& put) { done(put.ok()); });
  });
  definition_names_ = {"purchase"};
  for (const Definition& definition : definitions()) {
    definition_names_.push_back(definition.name);
    setup_.push_back([definition](Engine& engine, const std::function<void(bool)>& done) {
      engine.put_definition(definition, [done](const auto& put) { done(put.ok()); });
    });
  }
  next_setup();
  for (int i = 0; i < world_.options.purchases; ++i) {
    auto wish = std::make_shared<Wish>();
    wish->request = make_order(i);
    wishes_.push_back(wish);
    ++open_;
    world_.time.after(DurationMs{1'000 + shop_.between(0, span.count)}, [this, wish] { submit(wish); });
  }
  operate();
  follow();
}

}  // namespace settle::sim
