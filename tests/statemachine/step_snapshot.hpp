#pragma once
// Steps and purchases as text that can be compared and read in a failure: every field is in it.

#include <sstream>
#include <string>

#include "settle/statemachine/advance.hpp"

namespace settle::test {

inline std::string snapshot(const Step& s) {
  std::ostringstream out;
  out << name_of(s.state) << ' ' << name_of(s.operation) << " from " << name_of(s.parked_from)
      << (s.in_flight ? " out" : "") << (s.query_in_flight ? " asked" : "") << (s.try_intended ? " owed" : "")
      << (s.probing ? " probing" : "") << " parked at " << s.parked_at.count << " planned "
      << s.planned_wake.count << " row " << s.row << " of " << name_of(s.row_of) << " apart " << s.apart
      << " held " << s.held_since.count << " by " << name_of(s.held_by) << " warned " << int(s.warned.given)
      << " next " << s.warned.next_at.count << " proposed [" << s.proposed_by << "] as "
      << name_of(s.proposed_as) << " [" << s.proposed_evidence << "] at " << s.proposed_at.count
      << " over since " << s.warned.over_since.count << " result [" << s.proposed_result << "] not before "
      << s.not_before.count << " unanswered " << s.unanswered;
  for (std::size_t op = 0; op < operation_count; ++op)
    out << ' ' << s.attempts[op] << '-' << s.attempts_base[op] << '-' << s.attempts_aside[op] << '@'
        << s.first_attempt_at[op].count;
  out << " last " << s.last_attempt_at.count << " wake " << s.wake_at.count << " expires "
      << s.expires_at.count << ' ' << name_of(s.last_cause) << ' ' << s.last_status << " [" << s.error_code
      << "] [" << s.error_detail << "] [" << s.try_result << "] [" << s.confirm_result << ']';
  return out.str();
}

// Without the revision, which counts events also where they change nothing.
inline std::string snapshot(const Purchase& p) {
  std::ostringstream out;
  const Order& o = p.order;
  out << p.id.text() << ' ' << p.definition << ' ' << p.definition_version << ' ' << o.shop << ' '
      << o.idempotency_key << ' ' << o.order_id << ' ' << o.cart_id << ' ' << o.buyer << ' ' << o.sku << ' '
      << o.merchant << ' ' << o.currency << ' ' << o.quantity << ' ' << o.amount_minor << ' ' << o.payload
      << ' ' << int(p.request_digest[0]) << '\n'
      << name_of(p.state) << ' ' << name_of(p.decision) << " [" << p.reason_code << "] [" << p.reason_detail
      << "] [" << p.reason_step << ']' << (p.overdue ? " overdue" : "") << ' ' << p.submitted_at.count << ' '
      << p.deadline_at.count << ' ' << p.decided_at.count << ' ' << p.confirmed_at.count << ' '
      << p.finished_at.count << ' ' << p.predecessor.text() << ' ' << p.successor.text() << '\n'
      << "of [" << p.assignee << "] note [" << p.note << "] by [" << p.note_by << "] at " << p.note_at.count
      << '\n';
  for (const Step& step : p.steps) out << snapshot(step) << '\n';
  return out.str();
}

}  // namespace settle::test
