#include "settle/participants/registry.hpp"

#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

template <class Map>
auto* find_in(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

// One name is in one of the two maps at most.
template <class Map, class Record>
void put_into(Map& active, Map& retired, const std::string& key, Record record) {
  Map& into = record.retired ? retired : active;
  (record.retired ? active : retired).erase(key);
  into.insert_or_assign(key, std::move(record));
}

}  // namespace

const Participant* Registry::participant(std::string_view name) const {
  return find_in(participants_, name);
}

const Merchant* Registry::merchant(std::string_view id) const {
  return find_in(merchants_, id);
}

void Registry::put(Participant participant) {
  const std::string name = participant.name;
  put_into(participants_, retired_participants_, name, std::move(participant));
}

void Registry::put(Merchant merchant) {
  const std::string id = merchant.id;
  put_into(merchants_, retired_merchants_, id, std::move(merchant));
}

const Participant* Registry::reachable_participant(std::string_view name) const {
  const Participant* active = participant(name);
  return active != nullptr ? active : find_in(retired_participants_, name);
}

const Merchant* Registry::reachable_merchant(std::string_view id) const {
  const Merchant* active = merchant(id);
  return active != nullptr || SETTLE_BUG(deletion_forgets) ? active : find_in(retired_merchants_, id);
}

std::uint32_t Registry::queryable(const Definition& definition) const {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < definition.steps.size() && i < steps_max; ++i) {
    const Participant* target = reachable_participant(definition.steps[i].target);
    if (target != nullptr && target->endpoints.count(Operation::query) != 0) bits |= std::uint32_t{1} << i;
  }
  return bits;
}

}  // namespace settle
