// What is with people: counted, and foreseen what an act would do. Looked at in slices, so that new purchases
// keep their turn.

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr std::size_t slice_purchases = 100;  // of a page, or looked at for one
constexpr std::uint32_t slices_max = 1'000;

// Of the deeds that are done to a purchase as a whole, one each, however many of its steps are with a person.
bool of_steps(Deed deed) {
  return deed == Deed::retry || deed == Deed::resolve;
}

std::string told(const Definition& definition, const Advanced& advanced) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const Transition& t : advanced.transitions) {
    if (t.step < 0) {
      add("purchase " + std::string(name_of(static_cast<PurchaseState>(t.from))) + " to " +
          name_of(static_cast<PurchaseState>(t.to)));
    } else if (t.from != t.to) {
      add(definition.steps[static_cast<std::size_t>(t.step)].name + " " +
          name_of(static_cast<StepState>(t.from)) + " to " + name_of(static_cast<StepState>(t.to)));
    }
  }
  for (const Effect& effect : advanced.effects)
    if (effect.kind == Effect::Kind::call)
      add("calls " + std::string(name_of(effect.operation)) + " of " + definition.steps[effect.step].name);
  return text;
}

}  // namespace

struct EngineImpl::LetterWalk {
  ListQuery query;
  std::uint32_t pages_left = 0;
  std::function<bool(const ListPage&)> each;     // false: enough
  std::function<void(const Result<bool>&)> end;  // whether everything was seen
};

void EngineImpl::post(std::function<void()> work) {
  loop_.post([alive = std::weak_ptr<bool>(alive_), work = std::move(work)] {
    if (alive.lock()) work();
  });
}

void EngineImpl::walk_letters(std::shared_ptr<LetterWalk> walk) {
  if (walk->pages_left == 0) return walk->end(false);
  --walk->pages_left;
  walk->query.limit = slice_purchases;
  walk->query.look_at_max = 5 * slice_purchases;
  list(walk->query, [this, walk](const Result<ListPage>& page) {
    if (!page) return walk->end(page.error());
    if (!walk->each(*page)) return walk->end(false);
    if (page->next_cursor.empty()) return walk->end(true);
    walk->query.cursor = page->next_cursor;
    post([this, walk] { walk_letters(walk); });
  });
}

void EngineImpl::count_letters(ListQuery query, Then<LetterCount> then) {
  auto count = std::make_shared<LetterCount>();
  auto walk = std::make_shared<LetterWalk>();
  walk->query = std::move(query);
  walk->pages_left = slices_max;
  walk->each = [count, asked = walk->query](const ListPage& page) {
    count->unreadable += page.unreadable;
    for (const PurchaseView& view : page.purchases) {
      const std::vector<int> letters = dead_letters(asked, *view.definition, view.purchase, page.at);
      for (const int step : letters) {
        if (count->letters == letters_counted_max) return false;
        ++count->letters;
        ++count->by_cause[step == of_decision
                              ? Cause::none
                              : view.purchase.steps[static_cast<std::size_t>(step)].last_cause];
      }
    }
    return true;
  };
  walk->end = [count, then = std::move(then)](const Result<bool>& whole) {
    if (!whole) return then(whole.error());
    count->exact = *whole;
    then(std::move(*count));
  };
  walk_letters(std::move(walk));
}

std::vector<BulkTarget> bulk_targets(const BulkOrder& order, const ListPage& page) {
  std::vector<BulkTarget> targets;
  for (const PurchaseView& view : page.purchases) {
    const Purchase& purchase = view.purchase;
    if (order.deed == Deed::reopen) {
      targets.push_back({purchase.id, "", purchase.revision});
      continue;
    }
    const std::vector<int> letters = dead_letters(order.letters, *view.definition, purchase, page.at);
    for (const int step : letters) {
      const bool decides = step == of_decision;
      if (decides && order.deed == Deed::resolve) continue;  // that is for retry or cancel
      targets.push_back({purchase.id,
                         decides ? "" : view.definition->steps[static_cast<std::size_t>(step)].name,
                         purchase.revision});
      if (!of_steps(order.deed)) break;
    }
  }
  return targets;
}

Result<EngineImpl::Body> EngineImpl::body_of(const BulkOrder& order, const Live& live, int step) const {
  const Act& act = order.act;
  switch (order.deed) {
    case Deed::retry:
      return Body{RetryRequested{act.who, act.why, static_cast<std::int16_t>(step)}};
    case Deed::resolve:
      if (step < 0) return Error{"unknown_step", "there is no such step"};
      return resolve_body(live, act, static_cast<std::uint8_t>(step), order.resolution);
    case Deed::reopen:
      return Body{Reopened{act.who, act.why, live.purchase.id}};  // as good as any id to see if it may be
    case Deed::cancel:
      return Body{CancelRequested{act.who, act.why}};
    case Deed::assign:
      return Body{Assigned{act.who, act.why, order.to}};
    case Deed::note:
      return Body{Noted{act.who, order.text}};
  }
  return Error{"invalid_field", "/act: there is no such act"};
}

// The very function that would decide about it, on a copy.
BulkForecast::One EngineImpl::forecast(const BulkOrder& order, const BulkTarget& target) {
  BulkForecast::One one{target.purchase, "", target.step, true, "there is no such purchase"};
  Ticket told_by;
  const Result<Reopening> may =
      order.deed == Deed::reopen ? reopening(target.purchase, told_by) : Result<Reopening>(Reopening{});
  Result<Live*> found = find(target.purchase);
  if (!found) one.would = found.error().detail;
  if (!found || *found == nullptr) return one;
  const Live& live = **found;
  one.order_id = live.purchase.order.order_id;
  Result<Body> body =
      may ? body_of(order, live, step_number(*live.definition, target.step)) : Result<Body>(may.error());
  if (!body) {
    one.would = body.error().detail;
  } else {
    const Event event{now(), registry_.queryable(*live.definition), std::move(*body),
                      live.definition->policies};
    const Advanced advanced = advance(*live.definition, live.purchase, event);
    one.refused = advanced.verdict == Verdict::refused;
    one.would = one.refused ? advanced.refusal : told(*live.definition, advanced);
    if (one.would.empty()) one.would = "be recorded: " + std::string(name_of(event));
    if (!one.refused && order.deed == Deed::reopen) one.would = "begin again as a new purchase";
  }
  let_go(target.purchase);
  return one;
}

void EngineImpl::foresee(BulkOrder order, Then<BulkForecast> then) {
  auto forecast = std::make_shared<BulkForecast>();
  auto walk = std::make_shared<LetterWalk>();
  walk->query = order.letters;
  walk->pages_left = slices_max;
  walk->each = [this, forecast, order = std::move(order)](const ListPage& page) {
    forecast->unreadable += page.unreadable;
    for (const BulkTarget& target : bulk_targets(order, page)) {
      if (forecast->matched == order.targets_max) return false;
      ++forecast->matched;
      if (forecast->first.size() < forecasts_shown) forecast->first.push_back(this->forecast(order, target));
    }
    return true;
  };
  walk->end = [this, forecast, then = std::move(then)](const Result<bool>& whole) {
    set_alarm();
    if (!whole) return then(whole.error());
    forecast->exact = *whole;
    then(std::move(*forecast));
  };
  walk_letters(std::move(walk));
}

}  // namespace settle
