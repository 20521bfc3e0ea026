// Who is registered, and how reliable they are.

#include <nlohmann/json.hpp>

#include "lab.hpp"

namespace settle::scenarios {
namespace {

using Json = nlohmann::json;

constexpr const char* secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
constexpr DurationMs minute{60'000}, hour{3'600'000};

DurationMs hours(std::int64_t count) {
  return DurationMs{count * hour.count};
}

// What most platforms do: each call once, and what fails is a matter for somebody else.
Definition without_mechanism() {
  Definition definition = purchase_definition();
  RetryPolicy once;
  once.kind = RetryKind::fixed;
  once.attempts_max = 1;
  for (StepDefinition& step : definition.steps) {
    for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel, Operation::deliver}) {
      OperationSpec& spec = step.spec(op);
      spec.retry = once;
      spec.retry_name.clear();
      spec.on.clear();
      spec.probe = DurationMs{0};
    }
  }
  return definition;
}

}  // namespace

void Lab::make_receivers() {
  const TimeMs began = time_.now(), until = began + plan_.span + plan_.tail;
  for (int i = 0; i < plan_.receivers; ++i) {
    const std::string name = "m-" + std::to_string(i);
    sim::Random random = world_.split(name);
    Receiver receiver{Outages(plan_.receiver_flaky_per_million, random.split("calls")), false, {}, {}};
    const std::uint64_t lot = random.below(1'000);
    if (!plan_.receiver_outages) {
    } else if (lot < 5) {  // one in 200 is gone for longer than the 72 hours
      receiver.gone = true;
      receiver.outages.add(
          {began + DurationMs{random.between(0, plan_.span.count)}, until, Failure::refused});
    } else if (lot < 25) {  // one in 50 has an outage of half a day to two days
      const TimeMs from = began + DurationMs{random.between(0, plan_.span.count)};
      receiver.outages.add(
          {from, from + DurationMs{random.between(hours(12).count, hours(48).count)}, draw_failure(random)});
    } else {
      receiver.outages.alternate(began, until, hours(12), DurationMs{2 * minute.count}, hours(12));
    }
    receivers_.emplace(name, std::move(receiver));
  }
}

void Lab::make_services() {
  using Role = sim::Service::Role;
  services_.emplace("inventory", sim::Service("inventory", Role::stock, true));
  services_.emplace("payment", sim::Service("payment", Role::money, true));
  services_.emplace("card", sim::Service("card", Role::cards, true));
  for (const char* name : {"inventory", "payment", "card"}) {
    Outages outages(plan_.service_flaky_per_million, world_.split(std::string("calls to ") + name));
    if (plan_.service_outages)
      outages.alternate(time_.now(), time_.now() + plan_.span, hours(12), minute,
                        DurationMs{30 * minute.count});
    service_outages_.emplace(name, std::move(outages));
  }
}

// In the order in which an operator would; nothing else happens meanwhile.
void Lab::set_up() {
  const auto settle_down = [this](const std::function<void(Engine&, std::shared_ptr<bool>)>& work) {
    auto done = std::make_shared<bool>(false);
    turn([&](Engine& engine) { work(engine, done); });
    while (!*done && !time_.idle()) time_.step();
    SETTLE_CHECK(*done);
  };
  const auto put = [](std::shared_ptr<bool> done) {
    return [done](const auto& result) { *done = result.ok(); };
  };
  Json endpoints{{"try", "/try"}, {"confirm", "/confirm"}, {"cancel", "/cancel"}};
  if (plan_.mechanism) endpoints["query"] = "/query";
  for (const char* name : {"inventory", "payment", "card"}) {
    const Json json{
        {"base_urls", {std::string("http://") + name}}, {"endpoints", endpoints}, {"secrets", {secret}}};
    const auto participant = parse_participant(name, json.dump(), nullptr);
    SETTLE_CHECK(participant.ok());
    settle_down([&](Engine& engine, const auto& done) { engine.put_participant(*participant, put(done)); });
  }
  for (const auto& [name, receiver] : receivers_) {
    const Json json{{"url", "http://" + name + "/callback"},
                    {"secrets", {secret}},
                    {"success", {{"exact_body", "success"}}}};
    const auto merchant = parse_merchant(name, json.dump(), nullptr);
    SETTLE_CHECK(merchant.ok());
    settle_down([&](Engine& engine, const auto& done) { engine.put_merchant(*merchant, put(done)); });
  }
  if (!plan_.mechanism)
    settle_down(
        [&](Engine& engine, const auto& done) { engine.put_definition(without_mechanism(), put(done)); });
  for (const auto& definition : engine_->definitions())
    if (definition->name == "purchase") definition_ = definition;
  SETTLE_CHECK(definition_ != nullptr);
}

}  // namespace settle::scenarios
