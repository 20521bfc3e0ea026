#include "outlet_gather.hpp"

#include <algorithm>

namespace settle {
namespace {

bool fits(const ReceiverRule& rule, EventType type, Severity severity) {
  if (severity < rule.min_severity) return false;
  return rule.types.empty() || std::find(rule.types.begin(), rule.types.end(), type) != rule.types.end();
}

void hold(FirstLsns& first, std::uint16_t shard, std::uint64_t lsn) {
  const auto [held, fresh] = first.emplace(shard, lsn);
  if (!fresh) held->second = std::min(held->second, lsn);
}

void put_into(OutletMessage& message, OutletEvent event) {
  if (message.count++ == 0) message.opened_at = event.at;
  ++message.by_type[event.type];
  message.worst = std::max(message.worst, severity_of(event));
  message.last_id = event.id;
  hold(message.first, event.position.shard.number, event.position.lsn);
  if (message.examples.size() < examples_max) message.examples.push_back(std::move(event));
}

}  // namespace

std::string OutletMessage::id() const {
  if (examples.empty()) return last_id;
  return count == 1 ? examples.front().id : examples.front().id + ".." + last_id;
}

const ReceiverRule* Gatherer::rule_for(EventType type, Severity severity, std::size_t& number) const {
  static const ReceiverRule everything;
  number = 0;
  if (receiver_->rules.empty()) return &everything;
  for (const ReceiverRule& rule : receiver_->rules) {
    if (fits(rule, type, severity)) return &rule;
    ++number;
  }
  return nullptr;
}

bool Gatherer::wants(EventType type, Severity severity) const {
  std::size_t number = 0;
  return rule_for(type, severity, number) != nullptr;
}

void Gatherer::take(OutletEvent event, bool again) {
  std::size_t number = 0;
  const ReceiverRule* rule = rule_for(event.type, severity_of(event), number);
  if (rule == nullptr) return;
  std::deque<OutletEvent> together;
  if (rule->at_least <= 1) {
    together.push_back(std::move(event));
  } else {
    Window& window = windows_[{number, event.type}];
    while (!window.events.empty() && window.events.front().at + rule->within <= event.at)
      window.events.pop_front();
    window.events.push_back(std::move(event));
    if (window.events.size() < rule->at_least) return;
    together = std::exchange(window.events, {});
  }
  if (!again) add(std::move(together));
}

void Gatherer::add(std::deque<OutletEvent> events) {
  const bool gathers = receiver_->group.count > 0;
  const bool joins = gathers && !messages_.empty() && !messages_.back().closed &&
                     messages_.back().count < message_events_max;
  if (!joins) messages_.emplace_back();
  OutletMessage& message = messages_.back();
  for (OutletEvent& event : events) put_into(message, std::move(event));
  message.alone = message.count == 1;
}

OutletMessage* Gatherer::front(TimeMs upto) {
  if (messages_.empty()) return nullptr;
  OutletMessage& message = messages_.front();
  const bool gathered = messages_.size() > 1 || message.opened_at + receiver_->group <= upto;
  if (receiver_->group.count > 0 && !message.closed && !gathered) return nullptr;
  message.closed = true;
  return &message;
}

void Gatherer::delivered() {
  messages_.pop_front();
}

FirstLsns Gatherer::unsent() const {
  FirstLsns all;
  for (const OutletMessage& message : messages_)
    for (const auto& [shard, lsn] : message.first) hold(all, shard, lsn);
  return all;
}

FirstLsns Gatherer::counting(TimeMs upto) {
  FirstLsns all;
  for (auto& [key, window] : windows_) {
    const DurationMs within = receiver_->rules[key.first].within;
    while (!window.events.empty() && window.events.front().at + within <= upto) window.events.pop_front();
    for (const OutletEvent& event : window.events) hold(all, event.position.shard.number, event.position.lsn);
  }
  return all;
}

std::size_t Gatherer::waiting() const {
  std::size_t count = 0;
  for (const OutletMessage& message : messages_) count += message.count;
  return count;
}

}  // namespace settle
