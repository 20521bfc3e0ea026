// GET /v1/stats: what the aggregates say of a window of time (docs/numbers.md).

#include <algorithm>

#include "api_context.hpp"
#include "api_query.hpp"
#include "json_writer.hpp"
#include "percent.hpp"
#include "stats_bucket.hpp"

namespace settle {
namespace {

constexpr std::size_t text_bytes_max = 128, endpoints_max = 20;
constexpr std::uint64_t rate_attempts_min = 10;  // fewer say nothing of a rate
constexpr std::int64_t hour_ms = 3'600'000;

enum class Ranking : std::uint8_t { failures, rate };

std::optional<TimeMs> time_of(QueryParameters& in, const char* name) {
  const auto text = in.text(name, text_bytes_max);
  if (!text) return std::nullopt;
  const auto time = parse_time_parameter(*text);
  if (!time) in.fail(name, "must be a time in UTC, like 2026-07-31T08:00:00Z");
  return time;
}

// The finest that is still kept and gives no more than a screen or two of points.
StatsStep step_for(TimeMs from, TimeMs to, TimeMs now) {
  const std::int64_t span = (to - from).count;
  const auto kept = [&](StatsStep step) { return now - from <= kept_for(step); };
  if (span <= 3 * hour_ms && kept(StatsStep::minute)) return StatsStep::minute;
  if (span <= 31 * 24 * hour_ms && kept(StatsStep::hour)) return StatsStep::hour;
  return StatsStep::day;
}

std::optional<StatsStep> step_of(QueryParameters& in) {
  const auto text = in.text("step", text_bytes_max);
  if (!text) return std::nullopt;
  for (const StatsStep step : {StatsStep::minute, StatsStep::hour, StatsStep::day})
    if (*text == name_of(step)) return step;
  in.fail("step", "must be minute, hour or day");
  return std::nullopt;
}

Ranking ranking_of(QueryParameters& in) {
  const auto text = in.text("order", text_bytes_max);
  if (text && *text != "failures" && *text != "rate") in.fail("order", "must be failures or rate");
  return text && *text == "rate" ? Ranking::rate : Ranking::failures;
}

std::optional<Problem> read_query(std::string_view text, TimeMs now, StatsQuery& query, Ranking& order) {
  QueryParameters in(text, {"from", "to", "step", "target", "merchant", "order"});
  const TimeMs to = time_of(in, "to").value_or(now + DurationMs{1});
  const TimeMs from =
      time_of(in, "from").value_or(TimeMs{std::max<std::int64_t>(0, to.count - 24 * hour_ms)});
  const auto step = step_of(in);
  query.target = in.text("target", text_bytes_max);
  query.merchant = in.text("merchant", text_bytes_max);
  order = ranking_of(in);
  if (!in.problem() && to <= from) in.fail("from", "must be before `to`");
  if (in.problem()) return in.problem();
  query.step = step.value_or(step_for(from, to, now));
  const DurationMs length = length_of(query.step), kept = kept_for(query.step);
  query.from = start_of(query.step, from);
  query.to = start_of(query.step, to + DurationMs{length.count - 1});
  if (kept.count != 0 && !(now - from <= kept))
    in.fail("step", std::string(name_of(query.step)) + "s are kept for " +
                        std::to_string(kept.count / hour_ms) + " hours only");
  if (static_cast<std::uint64_t>((query.to - query.from).count / length.count) > points_max(query.step))
    in.fail("step", "the window has more than " + std::to_string(points_max(query.step)) + " of these steps");
  return in.problem();
}

// A window that begins between an attempt and its being held has one too few.
std::uint64_t not_below_0(std::uint64_t count) {
  return static_cast<std::int64_t>(count) < 0 ? 0 : count;
}

void append_summary(JsonWriter& json, const char* name, const Counters& cell) {
  using namespace cell_counter;  // NOLINT(google-build-using-namespace): its names are only read with it
  const std::uint64_t won = cell[ending(Ending::succeeded)];
  const std::uint64_t lost = cell[ending(Ending::given_up)] + cell[ending(Ending::abandoned)];
  json.key(name);
  json.open_object();
  json.field("attempts", not_below_0(cell[attempts]));
  json.field("held", cell[held]);
  json.field("failures", failures_in(cell));
  json.field("ended", won + lost + cell[ending(Ending::refused)]);
  for (const Ending how : {Ending::succeeded, Ending::refused, Ending::given_up, Ending::abandoned})
    json.field(name_of(how), cell[ending(how)]);
  json.field("first_try", cell[first_try]);
  json.field("recovered", cell[recovered]);
  json.field("recovered_alone", cell[recovered_alone]);
  if (won + lost > 0) {
    json.key("success_percent");
    json.raw(floored_percent(won, won + lost));
  }
  json.field("retried", cell[retried]);
  if (cell[retried] > 0) {
    json.field("retry_mean_ms", cell[retry_ms] / cell[retried]);
    json.field("retry_p50_ms", retry_percentile(cell, 50).count);
    json.field("retry_p95_ms", retry_percentile(cell, 95).count);
  }
  json.close_object();
}

void append_purchases(JsonWriter& json, const Counters& totals) {
  json.field("submitted", totals[total_counter::submitted]);
  json.field("completed", totals[total_counter::completed]);
  json.field("cancelled", totals[total_counter::cancelled]);
}

void append_distributions(JsonWriter& json, const Counters& operations) {
  json.key("attempts");
  json.open_object();
  for (std::size_t n = 1; n <= cell_counter::attempts_bins; ++n)
    json.field(n < cell_counter::attempts_bins ? std::to_string(n) : "10+",
               operations[cell_counter::attempts_needed + n - 1]);
  json.close_object();
  json.key("causes");
  json.open_object();
  for (int i = 1; i < cause_count; ++i)
    if (const auto count = operations[cell_counter::cause(static_cast<Cause>(i))]; count != 0)
      json.field(name_of(static_cast<Cause>(i)), count);
  json.close_object();
}

// One endpoint, for the order of the worst.
struct Endpoint {
  const CellKey* key = nullptr;
  const Counters* cell = nullptr;
  std::uint64_t failures = 0, attempts = 0;
  bool fails_more_often_than(const Endpoint& other) const {
    return static_cast<double>(failures) * static_cast<double>(other.attempts) >
           static_cast<double>(other.failures) * static_cast<double>(attempts);
  }
};

// Merchants by name; what they are together is no endpoint.
std::vector<Endpoint> worst_of(const StatsAnswer& answer, Ranking order) {
  std::vector<Endpoint> worst;
  const auto add = [&](const auto& cell) {
    const Endpoint endpoint{&cell.first, &cell.second, failures_in(cell.second),
                            not_below_0(cell.second[cell_counter::attempts])};
    const bool told = order == Ranking::failures || endpoint.attempts >= rate_attempts_min;
    if (endpoint.failures > 0 && told) worst.push_back(endpoint);
  };
  for (const auto& cell : answer.cells)
    if (cell.first.target != merchant_target || !cell.first.merchant.empty()) add(cell);
  for (const auto& cell : answer.merchants) add(cell);
  std::stable_sort(worst.begin(), worst.end(), [order](const Endpoint& a, const Endpoint& b) {
    if (order == Ranking::rate && a.fails_more_often_than(b)) return true;
    if (order == Ranking::rate && b.fails_more_often_than(a)) return false;
    return a.failures > b.failures;
  });
  if (worst.size() > endpoints_max) worst.resize(endpoints_max);
  return worst;
}

void append_endpoints(JsonWriter& json, const StatsAnswer& answer, Ranking order) {
  json.key("worst_endpoints");
  json.open_array();
  for (const Endpoint& endpoint : worst_of(answer, order)) {
    json.open_object();
    json.field("target", endpoint.key->target);
    json.field_if("merchant", endpoint.key->merchant);
    json.field("operation", name_of(endpoint.key->operation));
    if (endpoint.attempts > 0) {
      json.key("failed_percent");
      json.raw(floored_percent(std::min(endpoint.failures, endpoint.attempts), endpoint.attempts));
    }
    append_summary(json, "numbers", *endpoint.cell);
    json.close_object();
  }
  json.close_array();
}

void append_hours(JsonWriter& json, const StatsQuery& query, const StatsAnswer& answer) {
  using namespace total_counter;  // NOLINT(google-build-using-namespace): its names are only read with it
  const bool narrowed = query.target || query.merchant;
  if (narrowed && query.step == StatsStep::day) return;  // a day's cells do not know their hours
  Counters hours = answer.totals;
  if (narrowed) {
    hours = {};
    for (const StatsAnswer::Point& point : answer.points) {
      const auto of_day = static_cast<std::size_t>(point.at.count / hour_ms % 24);
      const Counters& cell = point.operations;
      hours[hour(of_day, attempts)] += cell[cell_counter::attempts];
      hours[hour(of_day, failures)] += failures_in(cell);
      for (int how = 1; how <= 4; ++how)
        hours[hour(of_day, ended)] += cell[cell_counter::ending(static_cast<Ending>(how))];
      hours[hour(of_day, succeeded)] += cell[cell_counter::ending(Ending::succeeded)];
    }
  }
  json.key("time_of_day");
  json.open_array();
  for (std::size_t i = 0; i < 24; ++i) {
    json.open_object();
    json.field("hour", i);
    json.field("attempts", not_below_0(hours[hour(i, attempts)]));
    json.field("failures", hours[hour(i, failures)]);
    json.field("ended", hours[hour(i, ended)]);
    json.field("succeeded", hours[hour(i, succeeded)]);
    json.close_object();
  }
  json.close_array();
}

std::string text_of(const StatsQuery& query, const StatsAnswer& answer, Ranking order) {
  const bool narrowed = query.target || query.merchant;
  std::string body;
  JsonWriter json(body);
  json.open_object();
  json.field("from", query.from);
  json.field("to", query.to);
  json.field("step", name_of(query.step));
  json.field("behind", answer.behind);
  json.field("stopped", answer.stopped);
  json.field("incomplete", answer.incomplete);
  if (!narrowed) {
    json.key("purchases");
    json.open_object();
    append_purchases(json, answer.totals);
    json.key("cancel_reasons");
    json.open_object();
    for (int i = 1; i < cancel_reason_count; ++i)
      if (const auto count = answer.totals[total_counter::reason(static_cast<CancelReason>(i))]; count != 0)
        json.field(name_of(static_cast<CancelReason>(i)), count);
    json.close_object();
    json.close_object();
  }
  append_summary(json, "operations", answer.operations);
  append_distributions(json, answer.operations);
  append_endpoints(json, answer, order);
  append_hours(json, query, answer);
  json.key("points");
  json.open_array();
  for (const StatsAnswer::Point& point : answer.points) {
    json.open_object();
    json.field("at", point.at);
    if (!narrowed) append_purchases(json, point.totals);
    append_summary(json, "operations", point.operations);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return body;
}

}  // namespace

void show_stats(ApiContext& api, const ApiCall& call, const Responder& responder) {
  StatsQuery query;
  Ranking order = Ranking::failures;
  if (const auto problem = read_query(call.request.query, api.engine.gauges().at, query, order))
    return responder.send(problem_response(*problem));
  api.engine.stats(query, [query, order, responder](const Result<StatsAnswer>& answer) {
    if (!answer) return responder.send(problem_response(answer.error()));
    responder.send(json_response(200, text_of(query, *answer, order)));
  });
}

}  // namespace settle
