// What is written is read again as it was: events, purchases, transitions, definitions.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "life.hpp"
#include "random_purchase.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/wal/codec.hpp"

namespace settle::test {
namespace {

RC_GTEST_PROP(Codec, I21_EventsComeBack, (std::uint64_t seed)) {
  const Event event = RandomPurchases(seed).event();
  const auto read = decode_event(encode(event));
  RC_ASSERT((read.ok() && same(*read, event)));
  RC_ASSERT(encode(*read) == encode(event));
}

RC_GTEST_PROP(Codec, I21_PurchasesComeBack, (std::uint64_t seed)) {
  const Purchase purchase = RandomPurchases(seed).purchase();
  const auto read = decode_purchase(encode(purchase));
  RC_ASSERT((read.ok() && same(*read, purchase)));
}

RC_GTEST_PROP(Codec, I21_TransitionsComeBack, (std::uint64_t seed)) {
  const std::vector<Transition> rows = RandomPurchases(seed).transitions();
  const auto read = decode_transitions(encode(rows));
  RC_ASSERT((read.ok() && *read == rows));
}

// I22: a record that ends too early is refused, or is a shorter one; it is never read as the whole.
RC_GTEST_PROP(Codec, I22_APrefixIsNotTheWhole, (std::uint64_t seed, std::uint16_t cut)) {
  const Purchase purchase = RandomPurchases(seed).purchase();
  const std::string bytes = encode(purchase);
  RC_PRE(!bytes.empty());
  const auto read = decode_purchase(std::string_view(bytes).substr(0, cut % bytes.size()));
  RC_ASSERT((!read || !same(*read, purchase)));
}

// A policy that has a name is what the set says; here it is the name that counts.
bool same(const RetryPolicy& a, const std::string& name_a, const RetryPolicy& b, const std::string& name_b) {
  return name_a == name_b && (!name_a.empty() || a == b);
}

bool same(const OperationSpec& a, const OperationSpec& b) {
  if (a.timeout != b.timeout || a.probe != b.probe || a.on.size() != b.on.size()) return false;
  for (std::size_t i = 0; i < a.on.size(); ++i)
    if (a.on[i].cause != b.on[i].cause || a.on[i].apart != b.on[i].apart ||
        !same(a.on[i].retry, a.on[i].name, b.on[i].retry, b.on[i].name))
      return false;
  return same(a.retry, a.retry_name, b.retry, b.retry_name);
}

bool same(const StepDefinition& a, const StepDefinition& b) {
  for (int op = 0; op < operation_count; ++op)
    if (!same(a.operations[op], b.operations[op])) return false;
  return a.name == b.name && a.mode == b.mode && a.target == b.target && a.after == b.after &&
         a.confirm_after == b.confirm_after && a.await == b.await && a.secrets == b.secrets;
}

RC_GTEST_PROP(Codec, I27_DefinitionsComeBack, (const Life& life, std::vector<std::string> secrets)) {
  Definition definition = life.definition();
  for (std::string& secret : secrets)  // names are UTF-8, and not empty
    for (char& c : secret) c = static_cast<char>(c & 0x7f);
  secrets.erase(std::remove(secrets.begin(), secrets.end(), ""), secrets.end());
  secrets.resize(std::min<std::size_t>(secrets.size(), 16));
  definition.steps.front().secrets = secrets;
  const auto read = parse_definition(definition.name, definition_json(definition));
  RC_ASSERT(read.ok());
  RC_ASSERT((read->name == definition.name && read->decided_by == definition.decided_by));
  RC_ASSERT((read->on_deadline == definition.on_deadline && read->deadline == definition.deadline));
  RC_ASSERT(read->decision_margin == definition.decision_margin);
  RC_ASSERT(read->steps.size() == definition.steps.size());
  for (std::size_t i = 0; i < read->steps.size(); ++i) RC_ASSERT(same(read->steps[i], definition.steps[i]));
  RC_ASSERT(definition_json(*read) == definition_json(definition));
}

}  // namespace
}  // namespace settle::test
