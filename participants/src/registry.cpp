#include "settle/participants/registry.hpp"

namespace settle {
namespace {

template <class Map>
auto* find_in(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <class Map>
void erase_from(Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found != map.end()) map.erase(found);
}

}  // namespace

const Participant* Registry::participant(std::string_view name) const {
  return find_in(participants_, name);
}

const Merchant* Registry::merchant(std::string_view id) const {
  return find_in(merchants_, id);
}

void Registry::put(Participant participant) {
  std::string name = participant.name;
  participants_.insert_or_assign(std::move(name), std::move(participant));
}

void Registry::put(Merchant merchant) {
  std::string id = merchant.id;
  merchants_.insert_or_assign(std::move(id), std::move(merchant));
}

void Registry::erase_participant(std::string_view name) {
  erase_from(participants_, name);
}

void Registry::erase_merchant(std::string_view id) {
  erase_from(merchants_, id);
}

std::uint32_t Registry::queryable(const Definition& definition) const {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < definition.steps.size() && i < steps_max; ++i) {
    const Participant* target = participant(definition.steps[i].target);
    if (target != nullptr && target->endpoints.count(Operation::query) != 0) bits |= std::uint32_t{1} << i;
  }
  return bits;
}

}  // namespace settle
