#pragma once
// From events to messages, for one receiver: which are wanted, what is below a threshold, what goes together.
// Pure: time is given. What it holds says how far the receiver's cursor may move.

#include <deque>
#include <map>

#include "outlet_receiver.hpp"

namespace settle {

inline constexpr std::size_t examples_max = 20;  // events that a message shows; the rest is counted
inline constexpr std::size_t message_events_max = 100'000;
inline constexpr std::size_t messages_waiting_max = 256;  // past it nothing more is read for this receiver

// LSNs by shard: the first of each that something holds on to.
using FirstLsns = std::map<std::uint16_t, std::uint64_t>;

struct OutletMessage {
  std::size_t count = 0;
  bool alone = true;  // it is one event, told as itself
  std::map<EventType, std::size_t> by_type;
  Severity worst = Severity::info;
  std::vector<OutletEvent> examples;  // the first ones
  std::string last_id;
  TimeMs opened_at;  // of its first event
  FirstLsns first;
  bool closed = false;  // takes no more: it is being sent

  std::string id() const;  // the event's own; of several, the first's and the last's
};

class Gatherer {
 public:
  explicit Gatherer(const Receiver& receiver) : receiver_(&receiver) {}

  // Whether any rule could want it: asked before anything of the event is looked up.
  bool wants(EventType type) const { return wants(type, severity_of(type)); }
  bool wants(EventType type, Severity severity) const;
  // Events of each shard come in order. `again`: it was dealt with before a restart, and is counted towards
  // thresholds only.
  void take(OutletEvent event, bool again);

  // Nothing more is taken while this is so.
  bool full() const { return messages_.size() >= messages_waiting_max; }
  // The message whose turn it is, closed from now on; nullptr: none is ready. Everything up to `upto` was
  // taken.
  OutletMessage* front(TimeMs upto);
  void delivered();  // the front is done

  // What is not delivered yet.
  FirstLsns unsent() const;
  // What still counts towards thresholds, when everything up to `upto` was taken.
  FirstLsns counting(TimeMs upto);
  std::size_t waiting() const;  // events

 private:
  struct Window {
    std::deque<OutletEvent> events;
  };
  const ReceiverRule* rule_for(EventType type, Severity severity, std::size_t& number) const;
  void add(std::deque<OutletEvent> events);

  const Receiver* receiver_;
  std::map<std::pair<std::size_t, EventType>, Window> windows_;  // by rule
  std::deque<OutletMessage> messages_;
};

}  // namespace settle
