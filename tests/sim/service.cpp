#include "service.hpp"

#include <nlohmann/json.hpp>

namespace settle::sim {
namespace {

using Json = nlohmann::json;

std::string problem(const char* code) {
  return Json{{"code", code}, {"detail", "as the books say"}}.dump();
}

// One sku in the shop is nearly sold out, one buyer nearly broke: refusals that come of the books.
constexpr std::int64_t scarce_stock = 20;
constexpr std::int64_t poor_balance = 10'000;

}  // namespace

const Hold* Service::find(const PurchaseId& purchase, const std::string& step) const {
  const auto found = holds_.find({purchase, step});
  return found == holds_.end() ? nullptr : &found->second;
}

bool Service::available(const Job& job) const {
  if (role_ == Role::stock && job.sku == "SCARCE") return scarce_out_ + job.quantity <= scarce_stock;
  if (role_ == Role::money && job.buyer == "poor") return job.amount <= poor_balance;
  return true;
}

Worked Service::work(const Job& job, bool refuse) {
  if (job.operation == "query") return query(job);
  Hold& hold = holds_[{job.purchase, job.step}];
  if (!barrier_) {  // what happens without one: docs/testing.md shows what the oracle says to it
    if (job.operation == "cancel" && !hold.tried) return {200, "{}", false};
    hold.cancelled = hold.cancelled && job.operation != "try";
    if (job.operation == "try") hold.tried = false;
  }
  if (job.operation == "try") return try_(hold, job, refuse);
  if (job.operation == "confirm") return confirm(hold, job, refuse);
  return cancel(hold, job, refuse);
}

Worked Service::try_(Hold& hold, const Job& job, bool refuse) {
  if (hold.cancelled) return {409, problem("fenced"), false};
  if (hold.refused) return {409, problem("refused_before"), false};
  if (hold.tried) return {200, hold.try_body, false};
  hold.try_fence = true;
  hold.pending = false;
  if (refuse || !available(job)) {
    hold.refused = true;
    return {409, problem(role_ == Role::stock ? "out_of_stock" : "declined"), true};
  }
  hold.tried = true;
  ++hold.tries;
  hold.quantity = job.quantity;
  hold.amount = job.amount;
  hold.scarce = job.sku == "SCARCE";
  held += amount_of(hold);
  scarce_out_ += hold.scarce ? hold.quantity : 0;
  Json body{{"hold", job.step + "-" + std::to_string(hold.tries)}};
  if (job.expires) body["expires_at"] = job.expires_text;
  hold.expires = job.expires;
  hold.made = job.now;
  hold.ahead = job.ahead;
  hold.try_body = body.dump();
  return {200, hold.try_body, true};
}

Worked Service::confirm(Hold& hold, const Job&, bool refuse) {
  if (hold.confirmed) return {200, hold.confirm_body, false};
  if (refuse || !hold.tried || hold.cancelled || hold.expired) return {409, problem("contradiction"), false};
  hold.confirmed = true;
  ++hold.confirms;
  held -= amount_of(hold);
  taken += amount_of(hold);
  Json body = Json::object();
  if (role_ == Role::cards) {
    Json cards = Json::array();
    for (std::int64_t i = 0; i < hold.quantity; ++i) {
      hold.cards.push_back("CARD-" + std::to_string(++next_card_));
      cards_out.insert(hold.cards.back());
      cards.push_back(Json{{"code", hold.cards.back()}});
    }
    body["cards"] = cards;
  }
  hold.confirm_body = body.dump();
  return {200, hold.confirm_body, true};
}

Worked Service::cancel(Hold& hold, const Job&, bool refuse) {
  if (hold.cancelled) return {200, "{}", false};
  if (refuse || hold.confirmed) return {409, problem("confirmed_before"), false};
  hold.cancelled = true;  // also where there was no try: the fence (I9)
  hold.pending = false;
  if (hold.tried && !hold.expired) {
    ++hold.cancels;
    give_back(hold);
  }
  return {200, "{}", true};
}

void Service::accept(const Job& job) {
  Hold& hold = holds_[{job.purchase, job.step}];
  if (job.operation == "try" && !hold.try_fence && !hold.cancelled) hold.try_fence = hold.pending = true;
}

void Service::expire(const Job& job) {
  Hold& hold = holds_[{job.purchase, job.step}];
  if (!hold.tried || hold.confirmed || hold.cancelled || hold.expired) return;
  hold.expired = true;
  give_back(hold);
}

void Service::give_back(Hold& hold) {
  held -= amount_of(hold);
  scarce_out_ -= hold.scarce ? hold.quantity : 0;
}

Worked Service::query(const Job& job) const {
  const Hold* hold = find(job.purchase, job.step);
  Json body;
  if (hold == nullptr) {
    body["state"] = "unknown";
  } else if (hold->confirmed) {
    body = Json{{"state", "confirmed"}, {"result", Json::parse(hold->confirm_body)}};
  } else if (hold->cancelled || hold->expired) {
    body["state"] = "cancelled";
  } else if (hold->refused) {
    body = Json{{"state", "refused"}, {"code", "refused_before"}, {"detail", "as the books say"}};
  } else if (hold->tried) {
    body = Json{{"state", "tried"}, {"result", Json::parse(hold->try_body)}};
  } else {
    body["state"] = hold->pending ? "pending" : "unknown";
  }
  return {200, body.dump(), false};
}

}  // namespace settle::sim
