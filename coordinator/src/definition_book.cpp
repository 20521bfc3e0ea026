#include "definition_book.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "policy_json.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {

std::string DefinitionBook::key_of(const Definition& definition) {
  return definition.name + "@" + std::to_string(definition.version);
}

// Padded, so that the documents lie in the order of revisions.
std::string DefinitionBook::key_of(const PolicySet& policies) {
  char text[16];
  std::snprintf(text, sizeof text, "%010u", policies.revision);
  return text;
}

Status DefinitionBook::load(const Journal& journal) {
  Result<std::vector<Document>> sets = journal.documents(ShardId{0}, "policies");
  if (!sets) return sets.error();
  for (const Document& document : *sets) {
    Result<PolicySet> set = parse_policy_set(document.value);
    if (!set) return set.error();
    put(std::move(*set));
  }
  Result<std::vector<Document>> definitions = journal.documents(ShardId{0}, "definition");
  if (!definitions) return definitions.error();
  for (const Document& document : *definitions) {
    const std::size_t at = document.key.rfind('@');
    Result<Definition> definition = parse_stored_definition(document.key.substr(0, at), document.value);
    if (!definition)
      return Error{definition.error().code,
                   "definition \"" + document.key + "\" in the journal: " + definition.error().detail};
    definition->version =
        static_cast<std::uint32_t>(std::strtoul(document.key.c_str() + at + 1, nullptr, 10));
    put(std::move(*definition));
  }
  return ok();
}

void DefinitionBook::put(Definition definition) {
  std::uint32_t& newest = newest_[definition.name];
  newest = std::max(newest, definition.version);
  std::pair<std::string, std::uint32_t> key{definition.name, definition.version};
  definitions_.insert_or_assign(std::move(key), std::move(definition));
}

void DefinitionBook::put(PolicySet policies) {
  const std::uint32_t revision = policies.revision;
  resolved_.clear();  // what is in use is held by who uses it
  sets_.insert_or_assign(revision, std::move(policies));
}

Result<DefinitionBook::Shared> DefinitionBook::find(std::string_view name, std::uint32_t version,
                                                    std::uint32_t revision) const {
  if (SETTLE_BUG(newest_definition_used) && newest(name) != nullptr) return newest(name);
  Resolved key{std::string(name), version, revision};
  const auto known = resolved_.find(key);
  if (known != resolved_.end()) return known->second;
  const auto definition = definitions_.find({std::string(name), version});
  const auto set = sets_.find(revision);
  const std::string what = "definition \"" + std::string(name) + "\" version " + std::to_string(version);
  if (definition == definitions_.end()) return Error{"damaged", what + " is not in the journal"};
  if (set == sets_.end())
    return Error{"damaged",
                 "revision " + std::to_string(revision) + " of the policies is not in the journal"};
  Result<Definition> resolved = resolve(definition->second, set->second);
  if (!resolved) return Error{"damaged", what + ": " + resolved.error().detail};
  auto shared = std::make_shared<const Definition>(std::move(*resolved));
  resolved_.emplace(std::move(key), shared);
  return Shared(std::move(shared));
}

Status DefinitionBook::allows(const PolicySet& policies) const {
  for (const auto& [key, definition] : definitions_) {
    const Result<Definition> named = resolve(definition, policies);
    const Status valid = named ? validate(*named) : Status(named.error());
    if (!valid)
      return Error{"invalid_policy", "definition \"" + key.first + "\" version " +
                                         std::to_string(key.second) +
                                         " would be invalid: " + valid.error().detail};
  }
  return ok();
}

bool DefinitionBook::names(std::string_view policy) const {
  const auto in_spec = [&](const OperationSpec& spec) {
    return spec.retry_name == policy || std::any_of(spec.on.begin(), spec.on.end(),
                                                    [&](const CausePolicy& on) { return on.name == policy; });
  };
  const auto in_step = [&](const StepDefinition& step) {
    return std::any_of(std::begin(step.operations), std::end(step.operations), in_spec);
  };
  return std::any_of(definitions_.begin(), definitions_.end(), [&](const auto& one) {
    return std::any_of(one.second.steps.begin(), one.second.steps.end(), in_step);
  });
}

DefinitionBook::Shared DefinitionBook::newest(std::string_view name) const {
  const auto found = newest_.find(name);
  if (found == newest_.end()) return nullptr;
  Resolved key{found->first, found->second, policies().revision};
  const auto known = resolved_.find(key);
  if (known != resolved_.end()) return known->second;
  auto definition = resolve(definitions_.at({found->first, found->second}), policies());
  SETTLE_CHECK(definition.ok());  // what names a policy is put after it, and no policy is ever deleted
  auto shared = std::make_shared<const Definition>(std::move(*definition));
  resolved_.emplace(std::move(key), shared);
  return shared;
}

std::vector<DefinitionBook::Shared> DefinitionBook::newest() const {
  std::vector<Shared> all;
  for (const auto& [name, version] : newest_) all.push_back(newest(name));
  return all;
}

}  // namespace settle
