// From an HTTP answer to an event. What cannot be understood is "unknown", never guessed (I7).

#include "answer_body.hpp"
#include "answer_table.hpp"
#include "json_object.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/participants/protocol.hpp"
#include "settle/participants/redact.hpp"
#include "settle/statemachine/bug.hpp"
#include "time_text.hpp"

namespace settle {
namespace {

const StepDefinition& step_of(const CallContext& call) {
  return call.definition.steps[call.step];
}

// Cause::none: the body is what was sent, as far as the sender lets us know.
Cause digest_cause(const HttpAnswer& answer, bool required) {
  if (SETTLE_BUG(digest_ignored)) return Cause::none;
  if (answer.content_digest.empty()) return required ? Cause::digest_mismatch : Cause::none;
  return content_digest_matches(answer.content_digest, answer.body) ? Cause::none : Cause::digest_mismatch;
}

std::string status_code(int status) {
  return "status_" + std::to_string(status);
}

std::string fallback_code(Judgement judged, int status) {
  return judged.outcome == Outcome::refused ? "refused" : status_code(status);
}

void broken(Answered& event, Cause cause, std::string detail) {
  event.outcome = Outcome::unknown;
  event.cause = cause;
  event.code = name_of(cause);
  event.detail = clip_detail(std::move(detail));
}

void take_result(Answered& event, const CallContext& call, const HttpAnswer& answer, const KeyRing& keys) {
  const std::string_view body = answer.status == 204 ? std::string_view() : answer.body;
  auto result = read_result(body, {call.purchase.id, step_of(call), call.operation}, keys);
  if (!result) return broken(event, Cause::format, "the result" + result.error().detail);
  event.result = std::move(result->text);
  event.expires_at = result->expires_at;
}

Judgement judge(const CallContext& call, const HttpAnswer& answer, const Registry& registry) {
  if (step_of(call).target != merchant_target) return judge_participant(call.operation, answer.status);
  const Merchant* merchant = registry.reachable_merchant(call.purchase.order.merchant);
  return judge_merchant(merchant == nullptr ? SuccessRule{} : merchant->success, answer.status, answer.body);
}

bool digest_required(const CallContext& call, const Registry& registry) {
  const Participant* participant = registry.reachable_participant(step_of(call).target);
  return participant != nullptr && participant->require_digest;
}

Answered classify_call(const CallContext& call, const HttpAnswer& answer, const Registry& registry,
                       const KeyRing& keys) {
  Answered event;
  event.step = call.step;
  event.operation = call.operation;
  event.attempt = call.attempt;
  event.took_ms = answer.took_ms;
  if (answer.failure != Cause::none) {
    const Judgement judged = judge_failure(answer.failure);
    broken(event, judged.cause, answer.failure_detail);
    event.outcome = judged.outcome;
    return event;
  }
  event.status = static_cast<std::uint16_t>(answer.status);
  if (const Cause cause = digest_cause(answer, digest_required(call, registry)); cause != Cause::none) {
    broken(event, cause, "the answer's Content-Digest does not match its body, or is missing");
    return event;
  }
  const Judgement judged = judge(call, answer, registry);
  event.outcome = judged.outcome;
  event.cause = judged.cause;
  if (judged.outcome != Outcome::done) event.retry_after = parse_retry_after(answer.retry_after, call.now);
  const bool to_merchant = step_of(call).target == merchant_target;
  if (judged.outcome == Outcome::done) {
    if (!to_merchant) take_result(event, call, answer, keys);
  } else if (judged.outcome != Outcome::accepted) {
    ProblemText problem = read_problem(answer.body, fallback_code(judged, answer.status));
    event.code = std::move(problem.code);
    event.detail = std::move(problem.detail);
  }
  return event;
}

std::optional<QueryState> query_state(std::string_view text) {
  for (const QueryState state : {QueryState::tried, QueryState::refused, QueryState::pending,
                                 QueryState::confirmed, QueryState::cancelled, QueryState::unknown}) {
    if (text == name_of(state)) return state;
  }
  return std::nullopt;
}

void no_answer(QueryAnswered& event, Cause cause, std::string code, std::string detail) {
  event.says = QueryState::no_answer;
  event.cause = cause;
  event.code = std::move(code);
  event.detail = clip_detail(std::move(detail));
}

void read_query(QueryAnswered& event, const CallContext& call, std::string_view body, const KeyRing& keys) {
  const auto unreadable = [&event](std::string detail) {
    no_answer(event, Cause::format, name_of(Cause::format), std::move(detail));
  };
  const auto members = is_json_object(body) ? json_members(body) : std::nullopt;
  if (!members) return unreadable("the query's answer is not a JSON object");
  const JsonMember* said = json_find(*members, "state");
  const auto text = said == nullptr ? std::nullopt : json_string(*said);
  const auto state = text ? query_state(*text) : std::nullopt;
  if (!state) return unreadable("the query's answer has no known state");
  if (const JsonMember* member = json_find(*members, "result");
      member != nullptr && member->value != "null") {
    const Operation of = *state == QueryState::tried ? Operation::try_ : Operation::query;
    auto result = read_result(member->value, {call.purchase.id, step_of(call), of}, keys);
    if (!result) return unreadable("/result" + result.error().detail);
    event.result = std::move(result->text);
    event.expires_at = result->expires_at;
  }
  event.says = *state;
  if (SETTLE_BUG(query_unknown_is_refused) && *state == QueryState::unknown) event.says = QueryState::refused;
  if (event.says != QueryState::refused) return;
  ProblemText problem = read_problem(body, "refused");
  event.cause = Cause::business_refusal;
  event.code = std::move(problem.code);
  event.detail = std::move(problem.detail);
}

QueryAnswered classify_query(const CallContext& call, const HttpAnswer& answer, const Registry& registry,
                             const KeyRing& keys) {
  QueryAnswered event;
  event.step = call.step;
  event.attempt = call.attempt;
  event.took_ms = answer.took_ms;
  if (answer.failure != Cause::none) {
    no_answer(event, answer.failure, name_of(answer.failure), answer.failure_detail);
    return event;
  }
  event.status = static_cast<std::uint16_t>(answer.status);
  if (const Cause cause = digest_cause(answer, digest_required(call, registry)); cause != Cause::none) {
    no_answer(event, cause, name_of(cause),
              "the answer's Content-Digest does not match its body, or is missing");
    return event;
  }
  if (answer.status != 200) {
    Judgement judged = judge_participant(Operation::query, answer.status);
    if (judged.outcome == Outcome::done || judged.outcome == Outcome::accepted ||
        judged.outcome == Outcome::refused) {
      judged.cause = Cause::bad_status;
    }
    ProblemText problem = read_problem(answer.body, status_code(answer.status));
    no_answer(event, judged.cause, std::move(problem.code), std::move(problem.detail));
  } else {
    read_query(event, call, answer.body, keys);
  }
  if (event.says == QueryState::no_answer || event.says == QueryState::pending)
    event.retry_after = parse_retry_after(answer.retry_after, call.now);
  return event;
}

// What the reader of the log needs to know of an exchange that the event does not say already. Of a delivery
// always where it went and what came back: that is the proof that the merchant was told.
template <class E>
void keep_exchange(E& event, const CallContext& call, const HttpAnswer& answer, bool went_well,
                   bool told_all) {
  const bool proof = call.operation == Operation::deliver;
  if (!went_well || proof || call.attempt > 1)
    event.url = clipped(shown_url(answer.url), kept_url_bytes_max).text;
  const bool kept_as_result = proof && !event.result.empty();
  if ((told_all && !proof) || kept_as_result || answer.body.empty()) return;
  event.answer =
      clipped(redacted(answer.body, secret_names(call.definition), Redact::mentions), kept_answer_bytes_max)
          .text;
  event.content_type = clipped(answer.content_type, kept_content_type_bytes_max).text;
}

}  // namespace

std::variant<Answered, QueryAnswered> classify(const CallContext& call, const HttpAnswer& answer,
                                               const Registry& registry, const KeyRing& keys) {
  SETTLE_CHECK(call.step < call.definition.steps.size());
  if (call.operation == Operation::query) {
    QueryAnswered event = classify_query(call, answer, registry, keys);
    const bool heard = event.says != QueryState::no_answer;
    keep_exchange(event, call, answer, heard, heard);
    return event;
  }
  Answered event = classify_call(call, answer, registry, keys);
  const bool done = event.outcome == Outcome::done;
  keep_exchange(event, call, answer, done || event.outcome == Outcome::accepted, done);
  return event;
}

}  // namespace settle
