#pragma once
// One attempt of a purchase's log as it is shown: what was sent, where, and what came of it (docs/retry.md,
// "Attempts"). Free of secrets: bodies are redacted and bounded.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "settle/statemachine/event.hpp"

namespace settle {

// A body as it is shown.
struct ShownBody {
  std::string text;       // redacted, valid UTF-8, at most shown_body_bytes_max
  std::size_t bytes = 0;  // of the whole; 0: not known
  bool cut = false;
  bool withheld = false;  // a secret in it could not be told apart, or it cannot be read any more
};
inline constexpr std::size_t shown_body_bytes_max = 4 << 10;

struct Attempt {
  // What is known of how it ended.
  enum class End : std::uint8_t {
    out,        // its answer is still out
    answered,   // an answer, or the news that none will come
    told,       // the participant reported by callback while its answer was out
    lost,       // no answer came back: the daemon was restarted, or the lease of the call ended
    held,       // it did not leave: the gate of its endpoint was shut. Its number is given again
    overtaken,  // the purchase went on without it (a cancel, an act); perhaps it never left
  };
  std::string step;
  Operation operation = Operation::try_;
  std::uint16_t attempt = 0;
  TimeMs left_at;  // engine time of the record that licensed it
  std::string url;
  bool url_from_registry = false;  // of the registry now; what was called then is not stored
  std::vector<std::pair<std::string, std::string>> headers;  // that identify it
  ShownBody request;

  End end = End::out;
  TimeMs ended_at;      // 0: out
  std::string outcome;  // of the protocol's answer table, or what the query said; empty: neither
  Cause cause = Cause::none;
  std::string code, detail;
  bool responded = false;  // what follows came; also late, when the attempt had ended otherwise
  bool late = false;
  std::uint16_t status = 0;
  std::uint32_t took_ms = 0;
  std::string content_type;
  ShownBody response;
  // What a participant that had answered 202 reported in the end.
  TimeMs reported_at;  // 0: nothing
  std::string reported_outcome, reported_code, reported_detail;
  std::optional<DurationMs> wait;         // planned, from the end to the step's next wake-up
  std::uint32_t stretched_percent = 100;  // what load made of it
  std::string policy;                     // that governed what came next; empty: one without a name
};
const char* name_of(Attempt::End end);

struct AttemptsPage {
  std::vector<Attempt> attempts;  // oldest first
  std::string next_cursor;        // empty: the last page
};

}  // namespace settle
