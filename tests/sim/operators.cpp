// Operators: look at what needs a person, and act; and act where nobody asked.

#include <array>

#include "watched.hpp"

namespace settle::sim {

Act People::act(std::string& who) {
  who = "operator-" + std::to_string(++acts_);
  return Act{who, "simulated", "seen in their books"};
}

Then<PurchaseView> People::told(const std::string& who, const PurchaseId& id) {
  Then<PurchaseView> then = [this, who, id](const Result<PurchaseView>& said) {
    world_.note("act", who + " " + id.text().substr(0, 8) + " " + (said ? "ok" : said.error().code));
    if (said) world_.oracle.act_told(who, id);
  };
  return world_.oracle.questions.ask("act", std::move(then));
}

void People::operate() {
  world_.time.after(operator_.delay(5'000, 120'000), [this] {
    if (resting_) return;
    world_.daemon.run([this](Engine& engine) {
      ListQuery query;
      query.needs_person = true;
      query.limit = 20;
      engine.list(query, [this](const Result<ListPage>& page) {
        if (!page) return;
        for (const PurchaseView& view : page->purchases) act_on(view);
      });
    });
    if (world_.faults.strikes(Fault::resolve)) look_at_deliveries();
    for (std::uint64_t i = operator_.below(4); i > 0; --i) act_somewhere();
    sweep();
    if (world_.faults.strikes(Fault::bulk)) act_on_many();
    if (world_.faults.strikes(Fault::pause)) pause();
    if (world_.faults.strikes(Fault::registry_change)) change_registry();
    if (world_.faults.strikes(Fault::upgrade)) upgrade();
    if (world_.faults.strikes(Fault::unregister)) unregister();
    if (world_.faults.strikes(Fault::endpoint_off)) switch_endpoint();
    if (world_.faults.strikes(Fault::stop)) world_.daemon.stop(operator_.delay(10, 60'000));
    operate();
  });
}

void People::act_on(const PurchaseView& view) {
  const PurchaseId id = view.purchase.id;
  for (std::size_t i = 0; i < view.purchase.steps.size(); ++i) {
    if (view.purchase.steps[i].state != StepState::parked) continue;
    if (world_.faults.strikes(Fault::resolve)) return resolve(view, i);
    if (world_.faults.strikes(Fault::retry)) {
      world_.daemon.run([this, id, step = view.definition->steps[i].name](Engine& engine) {
        std::string who;
        Act why = act(who);
        engine.retry(id, std::move(why), step, told(who, id));
      });
    }
  }
  if (view.purchase.overdue && world_.faults.strikes(Fault::cancel))
    world_.daemon.run([this, id](Engine& engine) {
      std::string who;
      Act why = act(who);
      engine.cancel(id, std::move(why), told(who, id));
    });
}

// By hand at the service first; only what is done there is resolved as done.
void People::resolve(const PurchaseView& view, std::size_t index) {
  const PurchaseId id = view.purchase.id;
  const StepDefinition& step = view.definition->steps[index];
  const Operation op = view.purchase.steps[index].operation;
  Resolution resolution = Resolution::done;
  if (step.mode == StepMode::deliver) {
    if (operator_.chance(500'000)) {
      world_.oracle.delivered_by_hand(id, step.name);
    } else {
      resolution = Resolution::abandoned;
    }
  } else if (op == Operation::try_ && operator_.chance(500'000)) {
    resolution = Resolution::abandoned;
  } else if (!done_by_hand(view, step, op)) {
    return;
  }
  world_.daemon.run([this, id, name = step.name, resolution](Engine& engine) {
    std::string who;
    Act why = act(who);
    engine.resolve(id, std::move(why), name, resolution, told(who, id));
  });
}

bool People::done_by_hand(const PurchaseView& view, const StepDefinition& step, Operation op) {
  if (op == Operation::query || world_.network.is_down(step.target)) return false;
  Service& service = world_.services.at(step.target);
  const Order& order = view.purchase.order;
  Job job;
  job.purchase = view.purchase.id;
  job.step = step.name;
  job.operation = settle::name_of(op);
  job.quantity = order.quantity;
  job.amount = order.amount_minor;
  job.buyer = order.buyer;
  job.sku = order.sku;
  const Worked worked = service.work(job, false);
  world_.note("by hand", step.target + " " + job.purchase.text().substr(0, 8) + " " + job.operation + " -> " +
                             std::to_string(worked.status));
  world_.oracle.worked(service, job, worked);
  return worked.status == 200;
}

// On a purchase that nobody asked about: at the worst time.
void People::act_somewhere() {
  std::vector<PurchaseId> known;
  for (const WishPtr& wish : wishes_)
    if (wish->done) known.push_back(wish->id);
  if (known.empty()) return;
  // Mostly one that is still under way.
  const std::size_t recent = operator_.chance(700'000) && known.size() > 5 ? known.size() - 5 : 0;
  const PurchaseId id = known[recent + operator_.below(known.size() - recent)];
  const bool cancels = world_.faults.strikes(Fault::cancel), retries = world_.faults.strikes(Fault::retry),
             reopens = world_.faults.strikes(Fault::reopen);
  world_.daemon.run([this, id, cancels, retries, reopens](Engine& engine) {
    std::string who;
    if (cancels) {
      Act why = act(who);
      engine.cancel(id, std::move(why), told(who, id));
    }
    if (retries) {
      Act why = act(who);
      engine.retry(id, std::move(why), "", told(who, id));
    }
    if (reopens) {
      Act why = act(who);
      engine.reopen(id, std::move(why), told(who, id));
    }
  });
}

// A delivery that waits may be resolved without being parked, and one that is awaited may be repeated.
void People::look_at_deliveries() {
  world_.daemon.run([this](Engine& engine) {
    ListQuery query;
    query.state = PurchaseState::delivering;
    query.limit = 5;
    engine.list(query, [this](const Result<ListPage>& page) {
      if (!page) return;
      for (const PurchaseView& view : page->purchases) look_at_delivery(view);
    });
  });
}

void People::look_at_delivery(const PurchaseView& view) {
  for (std::size_t i = 0; i < view.purchase.steps.size(); ++i) {
    const StepState state = view.purchase.steps[i].state;
    const StepDefinition& step = view.definition->steps[i];
    if (state == StepState::delivering) return resolve(view, i);
    if (state != StepState::awaiting || step.mode != StepMode::deliver) continue;
    return world_.daemon.run([this, id = view.purchase.id, name = step.name](Engine& engine) {
      std::string who;
      Act why = act(who);
      engine.retry(id, std::move(why), name, told(who, id));
    });
  }
}

void People::pause() {
  world_.daemon.run([this](Engine& engine) {
    std::string who;
    Act why = act(who);
    engine.pause(std::move(why), watched<Done>("pause"));
  });
  world_.time.after(operator_.delay(1'000, 60'000), [this] { rest(); });
}

void People::change_registry() {
  world_.daemon.run([this](Engine& engine) {
    const std::string name =
        operator_.pick(std::vector<std::string>{"inventory", "payment", "card", "archive"});
    engine.put_participant(participant_of(name, operator_.chance(500'000), operator_),
                           watched<Engine::PutOutcome>("put"));
  });
}

void People::upgrade() {
  world_.daemon.run([this](Engine& engine) {
    if (definitions_random_.chance(500'000)) {
      RetryPolicy policy = vary_policy(definitions_random_);
      const bool deliveries = definitions_random_.chance(500'000);
      // Windows grow and shrink and go away under what is parked.
      if (deliveries && definitions_random_.chance(700'000))
        policy.window.count = policy.cap.count + definitions_random_.delay(60'000, 86'400'000).count;
      return engine.put_policy(deliveries ? "reach" : "patience", std::move(policy), {{}, true},
                               watched<Engine::PutOutcome>("policy"));
    }
    const std::string name = operator_.pick(definition_names_);
    engine.put_definition(vary(definitions_random_, name), watched<Engine::PutOutcome>("upgrade"));
  });
}

// What it mends should never have been broken: the daemon's watcher takes that for a violation (I17).
void People::sweep() {
  world_.daemon.run([this](Engine& engine) { engine.sweep(watched<SweepReport>("sweep")); });
}

void People::rest() {
  sweep();
  world_.daemon.run([this](Engine& engine) {
    if (engine.paused()) engine.resume(Act{"operator", "simulated"}, watched<Done>("resume"));
    for (const EndpointView& one : engine.endpoints())
      if (one.state == BreakerState::disabled)
        engine.enable_endpoint(one.target, one.operation, Act{"operator", "simulated"},
                               watched<Done>("enable"));
  });
  // Also what nobody was told to be erased: the process may have died in between.
  if (world_.faults.struck()[static_cast<std::size_t>(Fault::unregister)] == 0) return;
  for (const char* id : {"m-1", "m-2"}) put_merchant(id);
}

// An endpoint is called no more; after a while it is again.
void People::switch_endpoint() {
  static const std::array<std::pair<const char*, Operation>, 8> endpoints{
      {{"inventory", Operation::try_},
       {"payment", Operation::try_},
       {"payment", Operation::confirm},
       {"payment", Operation::query},
       {"card", Operation::confirm},
       {"card", Operation::cancel},
       {"$merchant/m-1", Operation::deliver},
       {"$merchant/m-2", Operation::deliver}}};
  const auto [target, operation] = endpoints[operator_.below(endpoints.size())];
  world_.daemon.run([this, target = target, operation = operation](Engine& engine) {
    engine.disable_endpoint(target, operation, Act{"operator", "simulated"}, watched<Done>("disable"));
  });
  world_.time.after(operator_.delay(1'000, 600'000), [this, target = target, operation = operation] {
    world_.daemon.run([this, target, operation](Engine& engine) {
      engine.enable_endpoint(target, operation, Act{"operator", "simulated"}, watched<Done>("enable"));
    });
  });
}

// Nothing new finds what is gone, and what is in flight still does; after a while it is registered again.
void People::unregister() {
  const std::string id = operator_.chance(500'000) ? "m-1" : "m-2";
  world_.daemon.run([this, id](Engine& engine) {
    Then<Done> then = [this, id](const Result<Done>& said) {
      world_.note("act", "erase " + id + " " + (said ? "ok" : said.error().code));
      if (said) world_.oracle.merchant_erased(id);
    };
    engine.erase_merchant(id, world_.oracle.questions.ask("erase", std::move(then)));
    engine.erase_participant("archive", watched<Done>("erase archive"));
  });
  world_.time.after(operator_.delay(1'000, 120'000), [this, id] { put_merchant(id); });
}

void People::put_merchant(const std::string& id) {
  world_.daemon.run([this, id](Engine& engine) {
    world_.oracle.merchant_put(id);
    engine.put_merchant(merchant_of(id), watched<Engine::PutOutcome>("put"));
    Random random = world_.seed.split("archive");
    engine.put_participant(participant_of("archive", false, random), watched<Engine::PutOutcome>("put"));
  });
}

}  // namespace settle::sim
