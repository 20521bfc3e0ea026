// Submission: one purchase per shop and key, and per cart (B7); whole or not at all (I4).

#include "engine_impl.hpp"
#include "settle/coordinator/targets.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

// A second click on the same cart was answered with the first click's purchase. That answer holds for its key
// for ever (I5), so it is kept: "PURCHASE DIGEST".
constexpr const char* alias_kind = "alias";
constexpr const char* cart_kind = "cart";

std::string hex(const std::array<std::uint8_t, 32>& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Error reused() {
  return Error{"idempotency_key_reused", "this shop used this Idempotency-Key with another body before"};
}

// A second click, perhaps under another key and order number; and not another purchase under a cart's number
// that was used before, whose buyer would get the first one's goods.
// The payload is the shop's own words, which may name the order or the click: it makes no other purchase.
bool same_goods(const Order& a, const Order& b) {
  return a.merchant == b.merchant && a.sku == b.sku && a.quantity == b.quantity &&
         a.amount_minor == b.amount_minor && a.currency == b.currency && a.buyer == b.buyer;
}

bool has_endpoint(const Participant& participant, Operation op) {
  return participant.endpoints.count(op) != 0;
}

Status check_endpoints(const StepDefinition& step, const Participant& participant) {
  const auto need = [&](Operation op) -> Status {
    if (has_endpoint(participant, op)) return ok();
    return Error{"missing_endpoint", "step \"" + step.name + "\": participant \"" + participant.name +
                                         "\" has no endpoint for " + name_of(op)};
  };
  if (step.mode == StepMode::deliver) return need(Operation::deliver);
  if (step.mode != StepMode::enlisted)
    if (Status can_try = need(Operation::try_); !can_try) return can_try;
  if (step.mode != StepMode::compensable)
    if (Status can_confirm = need(Operation::confirm); !can_confirm) return can_confirm;
  return need(Operation::cancel);
}

}  // namespace

Status check_targets(const Definition& definition, const Registry& registry) {
  for (const StepDefinition& step : definition.steps) {
    if (step.target == merchant_target) continue;
    const Participant* participant = registry.participant(step.target);
    if (participant == nullptr)
      return Error{"unknown_participant",
                   "step \"" + step.name + "\": no participant is registered as \"" + step.target + "\""};
    if (Status endpoints = check_endpoints(step, *participant); !endpoints) return endpoints;
  }
  return ok();
}

Status EngineImpl::accepting() const {
  if (Status ready = this->ready(); !ready) return ready;
  if (live_.size() >= config_.in_motion_max)
    return Error{"overloaded", "too many purchases are in motion; try again later"};
  return ok();
}

Status EngineImpl::callable(const Definition& definition, const Order& order) const {
  if (Status targets = check_targets(definition, registry_); !targets) return targets;
  if (registry_.merchant(order.merchant) == nullptr && !SETTLE_BUG(deletion_ignored))
    return Error{"unknown_merchant", "no merchant is registered as \"" + order.merchant + "\""};
  return ok();
}

void EngineImpl::submit(SubmitRequest request, Then<PurchaseView> then) {
  if (failed_) return then(*failed_);
  const PurchaseId id = keys_->purchase_id(request.order.shop, request.order.idempotency_key);
  bool same_cart = false;
  Ticket told_by;
  Result<Live*> before = found_before(id, request, same_cart, told_by);
  if (!before) return refuse_after(told_by, before.error(), std::move(then));
  if (*before != nullptr) {
    const auto joining = aliases_.find(id.text());
    if (joining != aliases_.end())
      return reply_joined(joining->second.holder, joining->second.ticket, std::move(then));
    reply_and_ask(**before, same_cart, std::move(then));
    return set_alarm();
  }
  if (Status accepts = accepting(); !accepts) return then(accepts.error());
  // Before anything is looked for or stored: each new key counts, whatever it finds.
  if (refused_by_rate(request, then)) return;
  Result<Live*> holder = cart_holder(request.order, id);
  if (!holder) return then(holder.error());
  if (*holder != nullptr) {
    count_buyer(request.order);
    const PurchaseId holding = (*holder)->purchase.id;
    if (same_goods((*holder)->purchase.order, request.order) || SETTLE_BUG(other_goods_accepted))
      return join_cart(id, holding, request, std::move(then));
    const Ticket claimed_by = (*holder)->ticket;
    let_go(holding);
    return refuse_after(
        claimed_by,
        Error{"cart_id_reused", "this shop's cart \"" + request.order.cart_id + "\" is bought by " +
                                    holding.text() +
                                    ", with another merchant, sku, quantity, amount, currency or buyer"},
        std::move(then));
  }
  if (refused_as_duplicate(request, then)) return count_buyer(request.order);
  Result<Live*> begun = begin(id, request, PurchaseId{});
  if (!begun) return then(begun.error());
  count_buyer(request.order);
  reply(**begun, true, false, std::move(then));
  set_alarm();
}

// A refusal rests on what it was refused for: told once that is durable, or a crash could take it back (the
// law).
void EngineImpl::refuse_after(Ticket ticket, Error error, Then<PurchaseView> then) {
  if (!(durable_ < ticket) || SETTLE_BUG(refused_before_durable)) return then(std::move(error));
  after(ticket, [error = std::move(error), then = std::move(then)](const Status& status) {
    then(status.ok() ? error : status.error());
  });
}

// The key's answer is its cart's purchase from now on; given once that is durable.
void EngineImpl::join_cart(const PurchaseId& id, const PurchaseId& holder, const SubmitRequest& request,
                           Then<PurchaseView> then) {
  const std::string key = id.text();
  Append alias;
  alias.shard = shard_of(id, journal_.shard_count());
  alias.kind = RecordKind::claim;
  alias.at = now();
  alias.event =
      R"({"event":"key_joined_cart","key_of":")" + key + R"(","purchase":")" + holder.text() + "\"}";
  alias.documents.push_back({alias_kind, key, holder.text() + " " + hex(request.digest)});
  Result<Appended> appended = append(std::move(alias));
  if (!appended) return then(appended.error());
  aliases_[key] = {holder, request.digest, appended->ticket};
  after(appended->ticket, [this, key](const Status&) { aliases_.erase(key); });
  reply_joined(holder, appended->ticket, std::move(then));
}

void EngineImpl::reply_joined(const PurchaseId& holder, Ticket ticket, Then<PurchaseView> then) {
  after(ticket, [this, holder, then = std::move(then)](const Status& status) mutable {
    if (!status.ok()) return then(status.error());
    Result<Live*> live = find(holder);
    if (!live) return then(live.error());
    if (*live == nullptr) return then(Error{"damaged", "the purchase that holds the cart is gone"});
    reply_and_ask(**live, true, std::move(then));
  });
}

// The purchase that this key got before, by itself or through its cart; nullptr: none.
Result<Live*> EngineImpl::found_before(const PurchaseId& id, const SubmitRequest& request, bool& same_cart,
                                       Ticket& told_by) {
  Result<Live*> own = find(id);
  if (!own) return own.error();
  if (*own != nullptr) {
    if ((*own)->purchase.request_digest == request.digest || SETTLE_BUG(other_body_accepted)) return own;
    told_by = (*own)->ticket;
    let_go(id);
    return reused();
  }
  std::optional<std::pair<PurchaseId, std::string>> alias;
  if (const auto fresh = aliases_.find(id.text()); fresh != aliases_.end()) {
    alias.emplace(fresh->second.holder, hex(fresh->second.digest));
    told_by = fresh->second.ticket;
  } else {
    Result<std::optional<std::string>> stored =
        journal_.document(shard_of(id, journal_.shard_count()), alias_kind, id.text());
    if (!stored) return stored.error();
    if (stored->has_value()) {
      const std::optional<PurchaseId> holder = PurchaseId::parse(std::string_view(**stored).substr(0, 32));
      if (!holder) return Error{"damaged", "the alias of key " + id.text() + " cannot be read"};
      alias.emplace(*holder, (*stored)->substr(33));
    }
  }
  if (!alias) return static_cast<Live*>(nullptr);
  if (alias->second != hex(request.digest)) return reused();
  same_cart = true;
  return find(alias->first);
}

std::string EngineImpl::cart_key(const Order& order) const {
  // Hashed, since names may be long; the lengths keep ("a", "bc") and ("ab", "c") apart.
  return hex(sha256(std::to_string(order.shop.size()) + ":" + order.shop + order.cart_id));
}

ShardId EngineImpl::cart_shard(const Order& order) const {
  const std::array<std::uint8_t, 16> mac = keys_->mac("cart", cart_key(order));
  return shard_of(PurchaseId{mac}, journal_.shard_count());
}

// The open or completed purchase that holds the order's cart; nullptr: the cart is free for `wanted`.
Result<Live*> EngineImpl::cart_holder(const Order& order, const PurchaseId& wanted) {
  Live* const none = nullptr;
  if (order.cart_id.empty() || SETTLE_BUG(cart_not_claimed)) return none;
  const std::string key = cart_key(order);
  PurchaseId holder;
  if (const auto fresh = claims_.find(key); fresh != claims_.end()) {
    holder = fresh->second;
  } else {
    Result<std::optional<std::string>> stored = journal_.document(cart_shard(order), cart_kind, key);
    if (!stored) return stored.error();
    if (!stored->has_value()) return none;
    const std::optional<PurchaseId> parsed = PurchaseId::parse(**stored);
    if (!parsed) return Error{"damaged", "the claim of a cart cannot be read"};
    holder = *parsed;
  }
  if (holder == wanted) return none;
  Result<Live*> live = find(holder);
  if (!live) return live;
  // One that came to nothing frees the cart.
  if (*live == nullptr || (*live)->purchase.decision == Decision::cancel) {
    if (*live != nullptr) let_go(holder);
    return none;
  }
  return live;
}

// Durable before the purchase that it is for: appends are durable in order.
Status EngineImpl::claim_cart(const Order& order, const PurchaseId& holder) {
  if (order.cart_id.empty()) return ok();
  const std::string key = cart_key(order);
  Append claim;
  claim.shard = cart_shard(order);
  claim.kind = RecordKind::claim;
  claim.at = now();
  claim.event = R"({"event":"cart_claimed","cart":")" + key + R"(","purchase":")" + holder.text() + "\"}";
  claim.documents.push_back({cart_kind, key, holder.text()});
  claim.sync = false;
  Result<Appended> appended = append(std::move(claim));
  if (!appended) return appended.error();
  claims_[key] = holder;
  after(appended->ticket, [this, key, holder](const Status&) {
    const auto found = claims_.find(key);
    if (found != claims_.end() && found->second == holder) claims_.erase(found);
  });
  return ok();
}

// A crash between a claim and its purchase leaves a cart that nobody has bought and nobody is buying. Appends
// are durable in order, and a purchase's record follows its claim at once: only the last record that a writer
// left in a shard can be such a claim, so there are few to look at however long the tail is.
void EngineImpl::release_orphaned_carts() {
  for (const LastClaim& claim : std::exchange(last_claims_, {})) {
    Result<std::optional<std::string>> stored = journal_.document(claim.shard, cart_kind, claim.cart);
    if (!stored) return fail(stored.error());
    if (!stored->has_value() || **stored != claim.holder.text()) continue;  // claimed by another since
    Result<Live*> holder = find(claim.holder);
    if (!holder && holder.error().code == "damaged") continue;  // it exists; who meets it is told
    if (!holder) return fail(holder.error());
    if (*holder != nullptr) {
      let_go(claim.holder);
      continue;
    }
    Append release;
    release.shard = claim.shard;
    release.kind = RecordKind::claim;
    release.at = now();
    release.event = R"({"event":"cart_released","cart":")" + claim.cart + R"(","purchase":")" +
                    claim.holder.text() + "\"}";
    release.documents.push_back({cart_kind, claim.cart, std::nullopt});
    release.sync = false;
    if (Result<Appended> appended = append(std::move(release)); !appended) return;
  }
}

// The first two records of a purchase: its cart's claim, if it has a cart, and its submission.
Result<Live*> EngineImpl::begin(const PurchaseId& id, const SubmitRequest& request,
                                const PurchaseId& predecessor) {
  const std::shared_ptr<const Definition> definition = book_.newest(request.definition);
  if (!definition)
    return Error{"unknown_definition", "there is no definition \"" + request.definition + "\""};
  if (Status can_call = callable(*definition, request.order); !can_call) return can_call.error();
  if (Status claimed = claim_cart(request.order, id); !claimed) return claimed.error();

  Submitted submitted;
  submitted.id = id;
  submitted.definition = definition->name;
  submitted.definition_version = definition->version;
  submitted.order = request.order;
  submitted.request_digest = request.digest;
  submitted.predecessor = predecessor;
  if (request.deadline.count > 0) submitted.deadline_at = now() + request.deadline;

  auto fresh = std::make_unique<Live>();
  fresh->definition = definition;
  fresh->shard = shard_of(id, journal_.shard_count());
  Live& live = *(live_[id] = std::move(fresh));
  Result<Applied> applied = apply(live, std::move(submitted), true);
  if (!applied) {
    live_.erase(id);
    return applied.error();
  }
  note_fingerprint(live);
  return &live;
}

}  // namespace settle
