// The body of a call. It depends on the purchase's facts and on results that no longer change once the
// operation's turn has come, and on nothing of the attempt: so it is the same bytes in every attempt.

#include "json_object.hpp"
#include "sealing.hpp"
#include "settle/participants/json_text.hpp"
#include "settle/participants/protocol.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

using StepSet = std::uint32_t;  // bit i: step i
static_assert(steps_max <= 32);

bool has(StepSet set, std::size_t step) {
  return ((set >> step) & 1U) != 0;
}

// All that the step waits for, directly or through others.
StepSet closure(const Definition& definition, std::uint8_t step,
                std::vector<std::uint8_t> StepDefinition::*waits_for) {
  StepSet seen = 0;
  StepSet open = StepSet{1} << step;
  while (open != 0) {
    const auto at = static_cast<std::size_t>(__builtin_ctz(open));
    open &= open - 1;
    for (const std::uint8_t before : definition.steps[at].*waits_for) {
      if (has(seen, before)) continue;
      seen |= StepSet{1} << before;
      open |= StepSet{1} << before;
    }
  }
  return seen;
}

struct Visible {
  StepSet tries = 0;     // steps whose try's answer is shown
  StepSet confirms = 0;  // steps whose confirm's answer is laid over it
};

Visible visible_results(const CallContext& call) {
  const StepSet itself = StepSet{1} << call.step;
  switch (call.operation) {
    case Operation::try_:
      return {closure(call.definition, call.step, &StepDefinition::after), 0};
    case Operation::confirm:
      return {~StepSet{0}, closure(call.definition, call.step, &StepDefinition::confirm_after)};
    case Operation::deliver: {
      const StepSet before = closure(call.definition, call.step, &StepDefinition::after);
      return {before, before};
    }
    case Operation::cancel:
    case Operation::query:
      break;
  }
  return {itself, 0};
}

// Writes one step's result, its sealed fields opened, or left out where the reader may not see them.
class ResultWriter {
 public:
  ResultWriter(std::string& out, const KeyRing& keys, bool with_secrets)
      : out_(out), keys_(keys), with_secrets_(with_secrets) {}

  Status write(std::string_view below, std::string_view above, const PurchaseId& purchase,
               const StepDefinition& step) {
    if (below.empty()) std::swap(below, above);
    if (above.empty() && !may_hold_sealed(below)) return out_.append(below), ok();
    const auto over = above.empty() ? std::vector<JsonMember>{} : json_members(above);
    const auto under = json_members(below);
    if (!over || !under) return Error{"unseal_failed", "a stored result is no object"};
    context_ =
        may_hold_sealed(below) || may_hold_sealed(above) ? seal_context(purchase, step) : std::string();
    out_ += '{';
    first_ = true;
    for (const JsonMember& member : *under) {
      if (overridden(member, *over)) continue;
      if (Status written = member_(member); !written) return written;
    }
    for (const JsonMember& member : *over) {
      if (Status written = member_(member); !written) return written;
    }
    out_ += '}';
    return ok();
  }

 private:
  static bool overridden(const JsonMember& member, const std::vector<JsonMember>& by) {
    return !by.empty() && json_find(by, json_unescape(member.key)) != nullptr;
  }

  Status member_(const JsonMember& member) {
    const auto sealed = sealed_text(member.value);
    if (sealed && !with_secrets_) return ok();
    if (!first_) out_ += ',';
    first_ = false;
    out_.append("\"").append(member.key).append("\":");
    if (!sealed) return out_.append(member.value), ok();
    auto plain = keys_.unseal(*sealed, context_);
    if (!plain) return plain.error();
    out_.append(*plain);
    return ok();
  }

  std::string& out_;
  const KeyRing& keys_;
  bool with_secrets_;
  bool first_ = true;
  std::string context_;
};

Status append_results(std::string& out, const CallContext& call, const KeyRing& keys) {
  const Visible visible = visible_results(call);
  const bool to_merchant = call.definition.steps[call.step].target == merchant_target;
  ResultWriter writer(out, keys, !to_merchant);
  bool first = true;
  for (std::size_t i = 0; i < call.purchase.steps.size() && !SETTLE_BUG(results_left_out); ++i) {
    const Step& step = call.purchase.steps[i];
    const std::string_view tried =
        has(visible.tries, i) ? std::string_view(step.try_result) : std::string_view();
    const std::string_view confirmed =
        has(visible.confirms, i) ? std::string_view(step.confirm_result) : std::string_view();
    if (tried.empty() && confirmed.empty()) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, call.definition.steps[i].name);
    out += ':';
    Status written = writer.write(tried, confirmed, call.purchase.id, call.definition.steps[i]);
    if (!written) return written;
  }
  return ok();
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, value);
}

void append_order(std::string& out, const Order& order) {
  append_field(out, "shop", order.shop);
  append_field(out, "order_id", order.order_id);
  if (!order.cart_id.empty()) append_field(out, "cart_id", order.cart_id);
  append_field(out, "buyer", order.buyer);
  append_field(out, "sku", order.sku);
  out += ",\"quantity\":";
  append_json_number(out, order.quantity);
  out += ",\"amount\":";
  append_json_number(out, order.amount_minor + (SETTLE_BUG(price_changed) ? 7 : 0));
  append_field(out, "currency", order.currency);
  append_field(out, "merchant", order.merchant);
  out += ",\"payload\":";
  out += order.payload.empty() ? "{}" : order.payload;
}

std::size_t size_guess(const Purchase& purchase) {
  std::size_t size = 512 + purchase.order.payload.size();
  for (const Step& step : purchase.steps) size += step.try_result.size() + step.confirm_result.size();
  return size;
}

}  // namespace

Result<std::string> call_body(const CallContext& call, const KeyRing& keys) {
  SETTLE_CHECK(call.step < call.definition.steps.size());
  SETTLE_CHECK(call.purchase.steps.size() == call.definition.steps.size());
  std::string out;
  out.reserve(size_guess(call.purchase));
  out.append("{\"purchase\":\"").append(call.purchase.id.text()).append("\"");
  append_field(out, "step", call.definition.steps[call.step].name);
  append_field(out, "operation", name_of(call.operation));
  append_order(out, call.purchase.order);
  out += ",\"results\":{";
  const Status written = append_results(out, call, keys);
  if (!written) return written.error();
  out += "}}";
  return out;
}

}  // namespace settle
