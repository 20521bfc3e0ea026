// Guards at submission: a buyer who asks too fast waits, and a purchase that looks like an earlier one is
// asked about. The same key again comes before both: it is no new request. docs/buyers.md.

#include <algorithm>

#include "engine_impl.hpp"

namespace settle {
namespace {

constexpr const char* fingerprint_index = "fingerprint";
// Of one fingerprint: who was cancelled that often within the window may try again unasked.
constexpr std::size_t looked_at_max = 32;

// The lengths keep ("a", "bc") and ("ab", "c") apart.
void append_part(std::string& text, const std::string& part) {
  text += std::to_string(part.size()) + ":" + part;
}

std::string span_text(DurationMs span) {
  return std::to_string((span.count + 999) / 1000) + " s";
}

}  // namespace

std::string EngineImpl::fingerprint(const Order& order) const {
  std::string text;
  for (const std::string* part : {&order.shop, &order.merchant, &order.buyer, &order.sku, &order.currency})
    append_part(text, *part);
  append_part(text, std::to_string(order.quantity));
  append_part(text, std::to_string(order.amount_minor));
  return PurchaseId{keys_->mac("fingerprint", text)}.text();
}

void EngineImpl::index_fingerprint(const Purchase& purchase, Append& append) const {
  if (config_.guards.fingerprint_window.count == 0) return;
  append.indexes.push_back(
      {true, fingerprint_index, fingerprint(purchase.order), purchase.submitted_at, purchase.id});
}

// The index is sure to show what is durable only.
void EngineImpl::note_fingerprint(const Live& live) {
  if (config_.guards.fingerprint_window.count == 0) return;
  const std::string print = fingerprint(live.purchase.order);
  const PurchaseId id = live.purchase.id;
  fresh_fingerprints_.emplace(print, id);
  after(live.ticket, [this, print, id](const Status&) {
    const auto [first, last] = fresh_fingerprints_.equal_range(print);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == id; });
    if (found != last) fresh_fingerprints_.erase(found);
  });
}

// Whether the purchase is there and has not come to nothing: then it is what the buyer may have meant.
Result<bool> EngineImpl::stands(const PurchaseId& id) {
  Result<Live*> found = find(id);
  if (!found) return found.error();
  const bool standing = *found != nullptr && (*found)->purchase.decision != Decision::cancel;
  let_go(id);
  return standing;
}

// The newest standing purchase of the same fingerprint within the window.
Result<std::optional<PurchaseId>> EngineImpl::lookalike(const Order& order) {
  const std::string print = fingerprint(order);
  const auto [first, last] = fresh_fingerprints_.equal_range(print);
  std::vector<PurchaseId> earlier;
  for (auto fresh = first; fresh != last; ++fresh) earlier.insert(earlier.begin(), fresh->second);
  auto stored = journal_.index(fingerprint_index, print, std::nullopt, looked_at_max);
  if (!stored) return stored.error();
  const TimeMs since = now() - config_.guards.fingerprint_window;
  for (const Journal::IndexEntry& entry : *stored)
    if (since < entry.at) earlier.push_back(entry.purchase);
  for (const PurchaseId& id : earlier) {
    Result<bool> standing = stands(id);
    if (!standing) return standing.error();
    if (*standing) return std::optional<PurchaseId>(id);
  }
  return std::optional<PurchaseId>();
}

bool EngineImpl::refused_as_duplicate(const SubmitRequest& request, Then<PurchaseView>& then) {
  if (config_.guards.fingerprint_window.count == 0 || request.allow_duplicate) return false;
  Result<std::optional<PurchaseId>> earlier = lookalike(request.order);
  if (!earlier) return then(earlier.error()), true;
  if (!*earlier) return false;
  Result<Live*> live = find(**earlier);
  if (!live) return then(live.error()), true;
  if (*live == nullptr) return false;
  const Purchase& p = (*live)->purchase;
  if (request.refusal) {
    request.refusal->earlier = p.id;
    request.refusal->earlier_order = p.order.order_id;
  }
  const Ticket told_by = (*live)->ticket;
  Error error{
      "possible_duplicate",
      "order \"" + p.order.order_id + "\" of " + span_text(now() - p.submitted_at) + " ago (purchase " +
          p.id.text() +
          ") is for the same; if another one is meant, repeat with the header Settle-Allow-Duplicate: "
          "true, or with allow_duplicate: true in the body"};
  let_go(**earlier);
  refuse_after(told_by, std::move(error), std::move(then));
  return true;
}

BuyerRate::Buyer EngineImpl::buyer_of(const Order& order) const {
  std::string text;
  append_part(text, order.shop);
  append_part(text, order.buyer);
  return keys_->mac("buyer", text);
}

void EngineImpl::count_buyer(const Order& order) {
  if (buyer_rate_.on()) buyer_rate_.took(buyer_of(order), now());
}

// What was taken lately counts, durable or not: this refusal speaks of requests, and shows no purchase.
bool EngineImpl::refused_by_rate(const SubmitRequest& request, Then<PurchaseView>& then) {
  if (!buyer_rate_.on()) return false;
  const std::optional<DurationMs> wait = buyer_rate_.wait(buyer_of(request.order), now());
  if (!wait) return false;
  if (request.refusal) request.refusal->retry_after = *wait;
  then(Error{"buyer_rate_limited", "this buyer may place " + std::to_string(config_.guards.buyer_per_minute) +
                                       " purchases a minute; the next one will be taken in " +
                                       span_text(*wait)});
  return true;
}

}  // namespace settle
