#pragma once
// Events, transitions and purchases as bytes, in the protobuf wire format (docs/wal-format.md holds the
// .proto). Fields at their default are left out; unknown fields are skipped when read, so that a newer
// writer's additions do not stop an older reader within the same format version.

#include <string>
#include <string_view>
#include <vector>

#include "settle/statemachine/advance.hpp"

namespace settle {

std::string encode(const Event& event);
std::string encode(const std::vector<Transition>& transitions);
std::string encode(const Purchase& purchase);

// What one who reads the whole journal looks at first; everything else is passed over.
struct EventGlance {
  bool reopened = false;  // it is a Reopened
  bool hand = false;      // a person's cancel, retry or resolve, or the proposal of one
  std::string notices;    // Event::notices
};
Result<EventGlance> glance_at_event(std::string_view bytes);  // errors: damaged

// Errors: damaged, with what could not be read. Nothing is allocated beyond the input's own size.
Result<Event> decode_event(std::string_view bytes);
Result<std::vector<Transition>> decode_transitions(std::string_view bytes);
Result<Purchase> decode_purchase(std::string_view bytes);

}  // namespace settle
