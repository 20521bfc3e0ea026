// Transitions as bytes: the output that a record keeps beside the event, for readers and for the auditor.

#include "messages.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace wire {

// More rows than one event can fire, by far.
constexpr std::size_t transitions_max = 4096;

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Transition> transition) {
  codec.index_or_none(1, transition.step);
  codec.number(2, transition.from);
  codec.number(3, transition.to);
  codec.number(4, transition.trigger);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<std::vector<Transition>> transitions) {
  codec.repeated(1, transitions, transitions_max);
}

}  // namespace wire

std::string encode(const std::vector<Transition>& transitions) {
  return wire::written(transitions, transitions.size() * 10);
}

Result<std::vector<Transition>> decode_transitions(std::string_view bytes) {
  std::vector<Transition> transitions;
  if (!wire::Reader(bytes).read(transitions)) {
    return Error{"damaged", "the transitions of a record cannot be read"};
  }
  return transitions;
}

}  // namespace settle
