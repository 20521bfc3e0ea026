#pragma once
// A journal record as a line for people (schema JournalRecord of docs/openapi.yaml). Sealed fields stay
// sealed.

#include <string>

#include "settle/statemachine/definition.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

// Appends one line with its newline. `definition`: the purchase's, for the names of its steps; null: not
// known.
void append_record(std::string& out, const Record& record, const Definition* definition);

// The definition that a purchase's first record names; nullopt: another record.
struct DefinitionName {
  std::string name;
  std::uint32_t version = 0;
};
std::optional<DefinitionName> definition_named_by(const Record& record);

}  // namespace settle
