#pragma once
// The kinds of error: what policies, operators and statistics tell apart (A2, C1).

#include <cstdint>

namespace settle {

// Why an attempt did not end well. Counted by operators, so each is told apart from the start.
enum class Cause : std::uint8_t {
  none = 0,
  dns = 1,
  refused = 2,  // the connection was refused
  connect_timeout = 3,
  answer_timeout = 4,
  reset = 5,  // closed or reset before the whole answer was there
  tls = 6,
  bad_status = 7,         // a status that the protocol does not expect here
  throttled = 8,          // 425, 429, 503
  signature_refused = 9,  // 401, 403
  format = 10,            // an answer that cannot be read
  digest_mismatch = 11,
  business_refusal = 12,
  contradiction = 13,  // 409 or 422 on confirm or cancel; a query that says the impossible
  unregistered = 14,   // the target has no registration or no endpoint for the operation
  lost = 15,           // no answer came back within the lease of the call, or a restart lost it
  overload = 16,       // the call waited too long for a connection and never left
};
inline constexpr int cause_count = 17;  // with none
const char* name_of(Cause cause);

// What delays a call that is due. Numbers are written to the journal: never reuse one.
enum class HeldBy : std::uint8_t {
  none = 0,
  breaker = 1,      // its endpoint fails, and is left alone for a while
  disabled = 2,     // ... and is called no more until somebody enables it
  budget = 3,       // enough repetitions leave for this participant already
  rate = 4,         // as many calls a second as it asked for
  concurrency = 5,  // as many calls at once as it asked for
};
const char* name_of(HeldBy by);

}  // namespace settle
