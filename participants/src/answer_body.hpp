#pragma once
// What an answer's or a callback's body says, read once and the same way wherever it comes from.

#include <optional>
#include <string>
#include <string_view>

#include "settle/crypto/keys.hpp"
#include "settle/statemachine/definition.hpp"
#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

struct StepResult {
  std::string text;   // JSON object, secrets sealed; empty: none
  TimeMs expires_at;  // only of a try
};

// Where a result belongs: what seals its secrets, and whether it is a try's.
struct ResultPlace {
  const PurchaseId& purchase;
  const StepDefinition& step;
  Operation operation;
};

// `text` empty: no result. Errors: invalid_object (no object, too large, a bad expires_at); the detail begins
// with a JSON pointer below the result.
Result<StepResult> read_result(std::string_view text, const ResultPlace& place, const KeyRing& keys);

// Code and detail of a problem (RFC 9457) or a refusal; what is missing or no fit code becomes `fallback`.
struct ProblemText {
  std::string code, detail;
};
ProblemText read_problem(std::string_view body, std::string fallback);

// A machine-readable code: [A-Za-z0-9._:-]{1,64}.
bool is_code(std::string_view code);
// At most error_detail_bytes_max, cut between characters.
std::string clip_detail(std::string detail);

}  // namespace settle
