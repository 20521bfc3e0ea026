#include "answer_table.hpp"

#include <algorithm>

#include "json_object.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

Judgement judge_unwelcome(int status) {
  if (SETTLE_BUG(throttled_is_refused) && status == 503) return {Outcome::refused, Cause::business_refusal};
  if (SETTLE_BUG(server_error_is_refused) && status >= 500)
    return {Outcome::refused, Cause::business_refusal};
  if (status == 425 || status == 429 || status == 503) return {Outcome::not_now, Cause::throttled};
  if (status == 401 || status == 403) return {Outcome::fault, Cause::signature_refused};
  if (status == 408) return {Outcome::unknown, Cause::bad_status};
  if (status >= 300 && status < 500) return {Outcome::fault, Cause::bad_status};
  return {Outcome::unknown, Cause::bad_status};
}

bool accepts(const SuccessRule& rule, int status) {
  if (rule.statuses.empty()) return status >= 200 && status < 300;
  return std::find(rule.statuses.begin(), rule.statuses.end(), status) != rule.statuses.end();
}

}  // namespace

Judgement judge_participant(Operation operation, int status) {
  switch (status) {
    case 200:
    case 201:
    case 204:
      return {Outcome::done, Cause::none};
    case 202:
      if (SETTLE_BUG(accepted_is_done)) return {Outcome::done, Cause::none};
      return {Outcome::accepted, Cause::none};
    case 409:
    case 422:
      if (SETTLE_BUG(contradiction_is_done) && operation == Operation::confirm)
        return {Outcome::done, Cause::none};
      if (operation == Operation::confirm || operation == Operation::cancel) {
        return {Outcome::refused, Cause::contradiction};
      }
      return {Outcome::refused, Cause::business_refusal};
    case 410:
      // As of a merchant: gone for now; it is delivered when somebody enables its endpoint again.
      if (operation == Operation::deliver) return {Outcome::unknown, Cause::bad_status};
      return judge_unwelcome(status);
    default:
      return judge_unwelcome(status);
  }
}

Judgement judge_merchant(const SuccessRule& rule, int status, std::string_view body) {
  if (accepts(rule, status)) {
    const bool body_fits = !rule.exact_body || json_trim(body) == json_trim(*rule.exact_body);
    return body_fits ? Judgement{Outcome::done, Cause::none} : Judgement{Outcome::unknown, Cause::format};
  }
  if (status == 409 || status == 422) return {Outcome::refused, Cause::business_refusal};
  // Gone: the endpoint is disabled (docs/retry.md), and what waits for it is delivered when somebody enables
  // it again.
  if (status == 410) return {Outcome::unknown, Cause::bad_status};
  return judge_unwelcome(status);
}

Judgement judge_failure(Cause failure) {
  if (SETTLE_BUG(timeout_is_refused) && failure == Cause::answer_timeout)
    return {Outcome::refused, Cause::business_refusal};
  switch (failure) {
    case Cause::dns:
    case Cause::refused:
    case Cause::connect_timeout:
    case Cause::tls:
    case Cause::overload:
      return {Outcome::not_now, failure};
    default:
      return {Outcome::unknown, failure};
  }
}

}  // namespace settle
