#pragma once
// Retry policies as JSON: in definitions, at /v1/policies, and in the journal.

#include <array>
#include <string_view>

#include "settle/statemachine/definition.hpp"
#include "strict_json.hpp"

namespace settle {

// The kinds of error that may have a policy of their own: those that come of a call and may be repeated.
inline constexpr std::array causes_with_policies{Cause::dns,
                                                 Cause::refused,
                                                 Cause::connect_timeout,
                                                 Cause::answer_timeout,
                                                 Cause::reset,
                                                 Cause::tls,
                                                 Cause::bad_status,
                                                 Cause::throttled,
                                                 Cause::format,
                                                 Cause::digest_mismatch,
                                                 Cause::business_refusal,
                                                 Cause::contradiction,
                                                 Cause::lost,
                                                 Cause::overload};

// Throws strict::Misread. What is not there has the value of the kind's default; `validate` is not asked.
RetryPolicy read_policy(const strict::Json& json, const std::string& pointer);
// The fields of an exponential policy, over `otherwise`.
RetryPolicy read_short_policy(const strict::Json& fields, const std::string& pointer,
                              const RetryPolicy& otherwise);
strict::Json policy_object(const RetryPolicy& policy);

// A policy as PUT /v1/policies/{name} takes it, and as it is shown. Errors: invalid_policy, with the pointer.
Result<RetryPolicy> parse_policy(std::string_view name, std::string_view json);
strict::Json shown_policy(const PolicySet& policies, const std::string& name);

// The whole set, as the journal keeps it, every field written out. Errors: damaged.
std::string policy_set_json(const PolicySet& policies);
Result<PolicySet> parse_policy_set(std::string_view json);

}  // namespace settle
