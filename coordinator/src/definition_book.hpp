#pragma once
// Every version of every definition and every revision of the named policies that the journal knows, and what
// a definition was at a revision: an event is advanced, and replayed, by exactly that (I21, I27). One thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "settle/statemachine/definition.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

class DefinitionBook {
 public:
  using Shared = std::shared_ptr<const Definition>;

  // Reads shard 0's documents. Errors: as the journal's, and those of a document that cannot be read.
  Status load(const Journal& journal);

  // A new one, or one that was stored; with the version that it carries.
  void put(Definition definition);
  // The next revision, or one that was stored.
  void put(PolicySet policies);
  // Whether every definition, old versions included, stays valid with these. Errors: invalid_policy.
  Status allows(const PolicySet& policies) const;
  // Whether a definition, old versions included, uses the policy of this name.
  bool names(std::string_view policy) const;
  // The newest revision; revision 0 is what is shipped with this build.
  const PolicySet& policies() const { return sets_.rbegin()->second; }

  // Errors: damaged (the journal names what it does not hold).
  Result<Shared> find(std::string_view name, std::uint32_t version, std::uint32_t revision) const;
  Result<Shared> find(std::string_view name, std::uint32_t version) const {
    return find(name, version, policies().revision);
  }
  // nullptr: there is none.
  Shared newest(std::string_view name) const;
  // Newest version of each, by name.
  std::vector<Shared> newest() const;

  static std::string key_of(const Definition& definition);  // of its document
  static std::string key_of(const PolicySet& policies);

 private:
  std::map<std::pair<std::string, std::uint32_t>, Definition> definitions_;  // as they were put
  std::map<std::string, std::uint32_t, std::less<>> newest_;                 // version, by name
  std::map<std::uint32_t, PolicySet> sets_{{0, shipped_policy_set()}};
  using Resolved = std::tuple<std::string, std::uint32_t, std::uint32_t>;  // name, version, revision
  mutable std::map<Resolved, Shared> resolved_;
};

}  // namespace settle
