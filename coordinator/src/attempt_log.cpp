#include "attempt_log.hpp"

#include <algorithm>

#include "settle/participants/redact.hpp"
#include "settle/statemachine/advance.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

ShownBody shown(std::string_view body, const Definition& definition, Redact how) {
  ShownBody shown;
  shown.bytes = body.size();
  const std::string safe = redacted(body, secret_names(definition), how);
  shown.withheld = safe.empty() && !body.empty();
  Clipped clip = clipped(safe, shown_body_bytes_max);
  shown.text = std::move(clip.text);
  shown.cut = clip.cut;
  return shown;
}

// What was kept of a bad answer is no more than its beginning, and was made safe before it was stored. One
// that fills its room up to a character is taken for one that was cut.
ShownBody kept_answer(const std::string& answer) {
  ShownBody shown;
  shown.text = clipped(answer, shown_body_bytes_max).text;
  shown.cut = answer.size() + 3 >= kept_answer_bytes_max;
  return shown;
}

std::string outcome_of(const Answered& said) {
  return name_of(said.outcome);
}
std::string outcome_of(const QueryAnswered& said) {
  return name_of(said.says);
}

// The policy by which the step goes on after this attempt.
const std::string& policy_of(const StepDefinition& step, Operation operation, Cause cause) {
  const OperationSpec& spec = step.spec(operation);
  const CausePolicy* own = spec.for_cause(cause);
  return own != nullptr ? own->name : spec.retry_name;
}

}  // namespace

const char* name_of(Attempt::End end) {
  switch (end) {
    case Attempt::End::out:
      return "out";
    case Attempt::End::answered:
      return "answered";
    case Attempt::End::told:
      return "told";
    case Attempt::End::lost:
      return "lost";
    case Attempt::End::held:
      return "held";
    case Attempt::End::overtaken:
      return "overtaken";
  }
  return "unknown";
}

Result<Event> AttemptLog::read(const Record& record, DefinitionBook::Shared& definition) const {
  const auto damaged = [&](const std::string& what) {
    return Error{"damaged", "record " + record.position.text() + ": " + what};
  };
  Result<Event> event = decode_event(record.event);
  if (!event) return damaged(event.error().detail);
  const auto* const submitted = std::get_if<Submitted>(&event->what);
  if (submitted == nullptr && purchase_.revision == 0)
    return damaged("its purchase begins without a submission");
  auto found = submitted != nullptr
                   ? book_.find(submitted->definition, submitted->definition_version, event->policies)
                   : book_.find(purchase_.definition, purchase_.definition_version, event->policies);
  if (!found) return damaged(found.error().detail);
  definition = std::move(*found);
  return event;
}

Status AttemptLog::take(const Record& record) {
  if (record.kind != RecordKind::purchase) return ok();
  DefinitionBook::Shared definition;
  const Result<Event> event = read(record, definition);
  if (!event) return event.error();
  std::vector<TimeMs> leases;
  leases.reserve(purchase_.steps.size());
  for (const Step& step : purchase_.steps) leases.push_back(step.wake_at);

  Advanced advanced = advance(*definition, std::move(purchase_), *event);
  purchase_ = std::move(advanced.purchase);
  end_by(*event, *definition, leases);
  for (const Effect& effect : advanced.effects)
    if (effect.kind == Effect::Kind::call) begin(record, *definition, effect);
  return ok();
}

std::vector<Attempt> AttemptLog::attempts() && {
  std::vector<Attempt> all;
  all.reserve(kept_.size());
  for (Kept& kept : kept_) all.push_back(std::move(kept.attempt));
  return all;
}

void AttemptLog::begin(const Record& record, const Definition& definition, const Effect& effect) {
  const std::size_t number = count_++;
  if (number < from_ || number - from_ >= limit_) return;
  // No place to report to: the token of a callback is a credential.
  const CallContext call{definition,          purchase_,      effect.step,
                         effect.operation,    effect.attempt, record.position.shard,
                         record.epoch.number, record.at,      ""};
  kept_.push_back({begun(call), effect.step});
}

Attempt AttemptLog::begun(const CallContext& call) const {
  Attempt attempt;
  attempt.step = call.definition.steps[call.step].name;
  attempt.operation = call.operation;
  attempt.attempt = call.attempt;
  attempt.left_at = call.now;
  attempt.url = registered_url(call, registry_);
  attempt.url_from_registry = !attempt.url.empty();
  attempt.policy = policy_of(call.definition.steps[call.step], call.operation, Cause::none);
  const Result<std::string> body = call_body(call, keys_);
  if (!body) {
    attempt.request.withheld = true;
    return attempt;
  }
  attempt.headers = identity_headers(call, *body);
  attempt.request = shown(*body, call.definition, Redact::fields);
  return attempt;
}

// The latest: numbers that no longer rise repeat themselves.
AttemptLog::Kept* AttemptLog::find(std::uint8_t step, Operation operation, std::uint16_t attempt) {
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) {
    return kept.step == step && kept.attempt.operation == operation && kept.attempt.attempt == attempt;
  });
  return found == kept_.rend() ? nullptr : &*found;
}

bool AttemptLog::still_out(const Kept& kept) const {
  const Step& step = purchase_.steps[kept.step];
  const Operation operation = kept.attempt.operation;
  if (step.attempts_of(operation) != kept.attempt.attempt) return false;
  return operation == Operation::query ? step.query_in_flight : step.in_flight && step.operation == operation;
}

void AttemptLog::end_by(const Event& event, const Definition& definition, const std::vector<TimeMs>& leases) {
  if (const auto* said = std::get_if<Answered>(&event.what))
    answered(*said, said->operation, event, definition);
  if (const auto* said = std::get_if<QueryAnswered>(&event.what))
    answered(*said, Operation::query, event, definition);
  if (const auto* told = std::get_if<Told>(&event.what)) reported(*told, event.at);
  for (Kept& kept : kept_) {
    if (kept.attempt.end != Attempt::End::out || still_out(kept)) continue;
    end_without_answer(kept, event, leases);
    ended(kept, event, definition);
  }
}

void AttemptLog::end_without_answer(Kept& kept, const Event& event, const std::vector<TimeMs>& leases) {
  Attempt& attempt = kept.attempt;
  const auto* told = std::get_if<Told>(&event.what);
  const bool restarted = std::holds_alternative<Resumed>(event.what);
  const bool too_late = std::holds_alternative<Due>(event.what) && kept.step < leases.size() &&
                        leases[kept.step] && leases[kept.step] <= event.at;
  const auto* held = std::get_if<Held>(&event.what);
  if (held != nullptr && held->step == kept.step && held->operation == attempt.operation) {
    attempt.end = Attempt::End::held;
    attempt.detail = std::string("it did not leave, and is not counted: ") + name_of(held->by);
  } else if (told != nullptr && told->step == kept.step && told->operation == attempt.operation) {
    attempt.end = Attempt::End::told;
    attempt.outcome = name_of(told->outcome);
    attempt.code = told->code;
    attempt.detail = told->detail;
  } else if (restarted || too_late) {
    attempt.end = Attempt::End::lost;
    attempt.cause = Cause::lost;
    attempt.detail = restarted ? "settled was restarted while the answer was out"
                               : "no answer came back within the lease of the call";
  } else {
    attempt.end = Attempt::End::overtaken;
    attempt.detail = std::string("the event ") + name_of(event) + " came first; perhaps it never left";
  }
}

void AttemptLog::ended(Kept& kept, const Event& event, const Definition& definition) {
  Attempt& attempt = kept.attempt;
  const Step& step = purchase_.steps[kept.step];
  attempt.ended_at = event.at;
  attempt.policy = policy_of(definition.steps[kept.step], attempt.operation, attempt.cause);
  if (!step.wake_at || step.in_flight || step.query_in_flight) return;
  attempt.wait = DurationMs{std::max<std::int64_t>(0, (step.wake_at - event.at).count)};
  // Load stretches the waits of the policy alone, not probes, nor the patience for a report.
  const bool waits = step.state == StepState::delivering && !step.probing && !step.held_since &&
                     attempt.cause != Cause::none;
  const auto slot = static_cast<std::size_t>(attempt.operation) - 1;
  const auto made = static_cast<std::uint32_t>(attempt.attempt - step.attempts_base[slot]);
  if (waits) attempt.stretched_percent = stretch_of(event, attempt.operation, made);
}

template <class E>
void AttemptLog::answered(const E& said, Operation operation, const Event& event,
                          const Definition& definition) {
  Kept* const kept = find(said.step, operation, said.attempt);
  if (kept == nullptr || kept->attempt.responded) return;
  Attempt& attempt = kept->attempt;
  attempt.responded = true;
  attempt.status = said.status;
  attempt.took_ms = said.took_ms;
  attempt.content_type = said.content_type;
  attempt.response =
      said.answer.empty() ? shown(said.result, definition, Redact::fields) : kept_answer(said.answer);
  if (!said.url.empty() || said.cause == Cause::unregistered || said.cause == Cause::overload) {
    attempt.url = said.url;
    attempt.url_from_registry = false;
  }
  attempt.late = attempt.end != Attempt::End::out;
  if (attempt.late && attempt.end != Attempt::End::overtaken) return;  // it ended by something else
  attempt.outcome = outcome_of(said);
  attempt.cause = said.cause;
  attempt.code = said.code;
  attempt.detail = said.detail;
  if (attempt.late) return;
  attempt.end = Attempt::End::answered;
  ended(*kept, event, definition);
}

// What a 202 had promised.
void AttemptLog::reported(const Told& told, TimeMs at) {
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) {
    return kept.step == told.step && kept.attempt.operation == told.operation;
  });
  if (found == kept_.rend()) return;
  Attempt& attempt = found->attempt;
  if (attempt.outcome != name_of(Outcome::accepted) || attempt.reported_at) return;
  attempt.reported_at = at;
  attempt.reported_outcome = name_of(told.outcome);
  attempt.reported_code = told.code;
  attempt.reported_detail = told.detail;
}

}  // namespace settle
