#include "bulk_job.hpp"

#include <nlohmann/json.hpp>

namespace settle {
namespace {

using Json = nlohmann::json;

template <class T>
void put(Json& json, const char* name, const std::optional<T>& value) {
  if (value) json[name] = *value;
}
template <class T>
void get(const Json& json, const char* name, std::optional<T>& value) {
  if (json.contains(name)) value = json.at(name).get<T>();
}

Json letters_json(const ListQuery& query) {
  Json json{{"parked_for_ms", query.parked_for.count}, {"parked", query.parked}};
  if (!query.parked) json.update({{"since", query.since.count}, {"until", query.until.count}});
  put(json, "reason", query.reason);
  put(json, "definition", query.definition);
  if (query.cause) json["cause"] = static_cast<int>(*query.cause);
  if (query.operation) json["operation"] = static_cast<int>(*query.operation);
  put(json, "target", query.target);
  put(json, "merchant", query.merchant);
  put(json, "step", query.step);
  put(json, "code", query.code);
  put(json, "assignee", query.assignee);
  return json;
}

ListQuery letters_of(const Json& json) {
  ListQuery query;
  query.needs_person = query.parked = json.value("parked", true);  // acts before there was another
  if (!query.parked) {
    query.state = PurchaseState::cancelled;
    query.never_reopened = true;
    query.since.count = json.at("since");
    query.until.count = json.at("until");
  }
  get(json, "reason", query.reason);
  get(json, "definition", query.definition);
  query.parked_for.count = json.at("parked_for_ms");
  if (json.contains("cause")) query.cause = static_cast<Cause>(json["cause"].get<int>());
  if (json.contains("operation")) query.operation = static_cast<Operation>(json["operation"].get<int>());
  get(json, "target", query.target);
  get(json, "merchant", query.merchant);
  get(json, "step", query.step);
  get(json, "code", query.code);
  get(json, "assignee", query.assignee);
  return query;
}

Json order_json(const BulkOrder& order) {
  return {{"who", order.act.who},
          {"why", order.act.why},
          {"evidence", order.act.evidence},
          {"deed", static_cast<int>(order.deed)},
          {"letters", letters_json(order.letters)},
          {"resolution", static_cast<int>(order.resolution)},
          {"to", order.to},
          {"text", order.text},
          {"targets_max", order.targets_max}};
}

BulkOrder order_of(const Json& json) {
  BulkOrder order;
  order.act = {json.at("who"), json.at("why"), json.at("evidence")};
  order.deed = static_cast<Deed>(json.at("deed").get<int>());
  order.letters = letters_of(json.at("letters"));
  order.resolution = static_cast<Resolution>(json.at("resolution").get<int>());
  order.to = json.at("to");
  order.text = json.at("text");
  order.targets_max = json.at("targets_max");
  return order;
}

PurchaseId id_of(const Json& json) {
  return PurchaseId::parse(json.get<std::string>()).value_or(PurchaseId{});
}

}  // namespace

const char* name_of(Deed deed) {
  static const char* const names[deed_count] = {"retry", "resolve", "reopen", "cancel", "assign", "note"};
  const int number = static_cast<int>(deed);
  return number >= 1 && number <= deed_count ? names[number - 1] : "?";
}

std::string stored_bulk_job(const BulkJob& job) {
  const BulkReport& report = job.report;
  Json json{{"id", report.id},
            {"order", order_json(report.order)},
            {"started_at", report.started_at.count},
            {"finished_at", report.finished_at.count},
            {"matched", report.matched},
            {"done", report.done},
            {"refused", report.refused},
            {"failed", report.failed},
            {"proposed", report.proposed},
            {"unreadable", report.unreadable},
            {"stopped_by", report.stopped.who},
            {"stopped_why", report.stopped.why},
            {"resumed", report.resumed},
            {"cursor", job.cursor},
            {"last", job.last},
            {"refusals", Json::array()},
            {"in_hand", Json::array()}};
  for (const BulkRefusal& one : report.refusals)
    json["refusals"].push_back({one.purchase.text(), one.step, one.code, one.detail});
  for (const BulkTarget& one : job.in_hand)
    json["in_hand"].push_back({one.purchase.text(), one.step, one.revision});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<BulkJob> load_bulk_job(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    BulkJob job;
    BulkReport& report = job.report;
    report.id = json.at("id");
    report.order = order_of(json.at("order"));
    report.started_at.count = json.at("started_at");
    report.finished_at.count = json.at("finished_at");
    report.matched = json.at("matched");
    report.done = json.at("done");
    report.refused = json.at("refused");
    report.failed = json.at("failed");
    report.resumed = json.at("resumed");
    // Acts of before do not have these.
    report.proposed = json.value("proposed", std::uint64_t{0});
    report.unreadable = json.value("unreadable", std::uint64_t{0});
    report.stopped.who = json.value("stopped_by", "");
    report.stopped.why = json.value("stopped_why", "");
    job.cursor = json.at("cursor");
    job.last = json.at("last");
    for (const Json& one : json.at("refusals"))
      report.refusals.push_back({id_of(one.at(0)), one.at(1), one.at(2), one.at(3)});
    for (const Json& one : json.at("in_hand"))
      job.in_hand.push_back({id_of(one.at(0)), one.at(1), one.at(2)});
    return job;
  } catch (const Json::exception& error) {
    return Error{"damaged", std::string("a bulk act cannot be read: ") + error.what()};
  }
}

}  // namespace settle
