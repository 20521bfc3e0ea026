#pragma once
// The purchase that the small benchmarks work on: the built-in definition, every participant answering done.

#include <string>
#include <vector>

#include "settle/statemachine/advance.hpp"

namespace settle {

inline Event sample_submitted() {
  Submitted submitted;
  submitted.id.bytes.fill(7);
  submitted.definition = "purchase";
  submitted.definition_version = 1;
  submitted.order.shop = "bench";
  submitted.order.idempotency_key = "c256-r1-0-12345";
  submitted.order.order_id = "c256-r1-0-12345";
  submitted.order.buyer = "b-345";
  submitted.order.sku = "GAME-100";
  submitted.order.merchant = "bench";
  submitted.order.currency = "CNY";
  submitted.order.quantity = 1;
  submitted.order.amount_minor = 1000;
  submitted.order.payload = R"({"from":"bench"})";
  Event event;
  event.at = TimeMs{1'800'000'000'000};
  event.what = submitted;
  return event;
}

inline Event sample_answer(const Effect& call, TimeMs at) {
  Answered answered;
  answered.step = call.step;
  answered.operation = call.operation;
  answered.attempt = call.attempt;
  answered.outcome = Outcome::done;
  answered.status = 200;
  answered.result = call.operation == Operation::try_ ? R"({"hold":"h-1"})" : R"({"ok":true})";
  answered.took_ms = 3;
  Event event;
  event.at = at;
  event.what = answered;
  return event;
}

// A whole purchase: what `advance` was given and what it gave, one entry for each event.
struct SampleStep {
  Event event;
  Advanced advanced;
};

inline std::vector<SampleStep> sample_purchase(const Definition& definition) {
  std::vector<SampleStep> story;
  std::vector<Effect> owed;
  Purchase purchase;
  Event event = sample_submitted();
  for (;;) {
    Advanced advanced = advance(definition, purchase, event);
    purchase = advanced.purchase;
    for (const Effect& effect : advanced.effects) {
      if (effect.kind == Effect::Kind::call) owed.push_back(effect);
    }
    story.push_back({event, std::move(advanced)});
    if (owed.empty()) return story;
    event = sample_answer(owed.front(), event.at + DurationMs{1});
    owed.erase(owed.begin());
  }
}

}  // namespace settle
