#include "settle/services/behaviour.hpp"

#include <algorithm>

#include "settle/kit/digest.hpp"

namespace settle::services {

namespace {

Error malformed(const std::string& what) {
  return {"behaviour_malformed", what};
}

bool known(const std::string& member) {
  static const std::vector<std::string> names = {
      "refuse",     "stall_ms",           "die_at", "answer_late_ms", "answer_twice", "answer_status",
      "after_work", "accept_then_report", "for_ms", "next",           "operation"};
  return std::find(names.begin(), names.end(), member) != names.end();
}

// The first two bytes of a digest, as a share of 1.
double share_of(const std::string& purchase) {
  const std::string digest = kit::sha256("refuse:" + purchase);
  return (static_cast<unsigned char>(digest[0]) * 256 + static_cast<unsigned char>(digest[1])) / 65536.0;
}

bool applies(const Rule& rule, const std::string& operation, std::chrono::steady_clock::time_point now) {
  if (rule.until && now >= *rule.until) return false;
  if (!rule.operation.empty()) return rule.operation == operation;
  const bool refuses = rule.mischief.refuse || rule.refuse_fraction > 0;
  return !refuses || operation == "try";
}

void add_to(Mischief& sum, const Mischief& one) {
  sum.refuse = sum.refuse || one.refuse;
  sum.stall_ms = std::max(sum.stall_ms, one.stall_ms);
  sum.answer_late_ms = std::max(sum.answer_late_ms, one.answer_late_ms);
  if (one.answer_status != 0) sum.answer_status = one.answer_status;
  sum.after_work = sum.after_work || one.after_work;
  sum.accept_then_report = sum.accept_then_report || one.accept_then_report;
  sum.answer_twice = sum.answer_twice || one.answer_twice;
  if (!one.die_at.empty()) sum.die_at = one.die_at;
}

Rule read(const nlohmann::json& body, std::chrono::steady_clock::time_point now) {
  Rule rule;
  rule.mischief.stall_ms = body.value("stall_ms", std::int64_t{0});
  rule.mischief.answer_late_ms = body.value("answer_late_ms", std::int64_t{0});
  rule.mischief.answer_status = body.value("answer_status", 0);
  rule.mischief.after_work = body.value("after_work", false);
  rule.mischief.accept_then_report = body.value("accept_then_report", false);
  rule.mischief.answer_twice = body.value("answer_twice", false);
  rule.mischief.die_at = body.value("die_at", "");
  rule.operation = body.value("operation", "");
  rule.next = body.value("next", std::int64_t{-1});
  if (body.contains("for_ms"))
    rule.until = now + std::chrono::milliseconds(body.at("for_ms").get<std::int64_t>());
  const double refuse = body.value("refuse", 0.0);
  if (refuse >= 1) {
    rule.mischief.refuse = true;
    if (rule.next < 0) rule.next = static_cast<std::int64_t>(refuse);
  } else {
    rule.refuse_fraction = refuse;
  }
  return rule;
}

}  // namespace

Result<Rule> parse_rule(const nlohmann::json& body, std::chrono::steady_clock::time_point now) {
  if (!body.is_object()) return malformed("a JSON object is needed");
  for (const auto& [member, value] : body.items()) {
    if (!known(member)) return malformed("unknown member " + member);
  }
  Rule rule;
  try {
    rule = read(body, now);
  } catch (const nlohmann::json::exception&) {
    return malformed("a member has a wrong type");
  }
  const Mischief& mischief = rule.mischief;
  if (!mischief.die_at.empty() && mischief.die_at != "before_commit" && mischief.die_at != "after_commit") {
    return malformed("die_at is before_commit or after_commit");
  }
  if (mischief.stall_ms < 0 || mischief.answer_late_ms < 0 || rule.refuse_fraction < 0) {
    return malformed("negative values make no sense");
  }
  if (mischief.answer_status != 0 && (mischief.answer_status < 200 || mischief.answer_status > 599)) {
    return malformed("answer_status is 200 to 599");
  }
  return rule;
}

void Behaviour::add(const Rule& rule) {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_.push_back(rule);
}

void Behaviour::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_.clear();
}

std::size_t Behaviour::rules() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return rules_.size();
}

Mischief Behaviour::draw(const std::string& operation, const std::string& purchase,
                         std::chrono::steady_clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Mischief sum;
  for (Rule& rule : rules_) {
    if (!applies(rule, operation, now)) continue;
    if (rule.next > 0) --rule.next;
    add_to(sum, rule.mischief);
    if (rule.refuse_fraction > 0 && share_of(purchase) < rule.refuse_fraction) sum.refuse = true;
  }
  std::erase_if(rules_,
                [now](const Rule& rule) { return rule.next == 0 || (rule.until && now >= *rule.until); });
  return sum;
}

}  // namespace settle::services
