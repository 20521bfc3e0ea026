// Which policy what goes wrong has, where a definition says nothing (C1): one table. docs/retry.md explains
// it.

#include "settle/statemachine/definition.hpp"

namespace settle {
namespace {

// B2 for what may still be refused, C8 for what must come to its end, A5 for who is told of it.
const char* policy_of(Operation op) {
  static const char* const names[] = {"submit", "graded", "graded", "callback", "query"};
  return names[static_cast<int>(op) - 1];
}

struct Row {
  Cause cause;
  const char* call;      // of try, confirm, cancel and query
  const char* delivery;  // of deliver
  bool apart = false;
};

// In the order of causes. What is not here goes by the operation's own: a connection that is refused, reset
// or slow, a 5xx and an answer that is lost come and go within moments.
constexpr Row rows[] = {
    {Cause::dns, "dns", "dns-callback"},                // a resolver keeps its bad answer for a while
    {Cause::tls, "broken", "broken-callback"},          // certificates and formats are mended by people
    {Cause::throttled, "busy", "busy-callback", true},  // it lives, and asks for patience
    {Cause::format, "broken", "broken-callback"},
    {Cause::digest_mismatch, "broken", "broken-callback"},
};

}  // namespace

OperationSpec default_spec(Operation op) {
  const auto& shipped = shipped_policies();
  OperationSpec spec;
  spec.retry_name = policy_of(op);
  spec.retry = shipped.at(spec.retry_name);
  for (const Row& row : rows) {
    const char* const name = op == Operation::deliver ? row.delivery : row.call;
    // Queries are counted by nobody.
    spec.on.push_back({row.cause, shipped.at(name), name, row.apart && op != Operation::query});
  }
  if (op == Operation::deliver) spec.timeout = DurationMs{10'000};
  return spec;
}

}  // namespace settle
