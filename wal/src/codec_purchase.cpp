// Purchases as bytes: what a snapshot holds.

#include "messages.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace wire {

// What a step keeps per operation; left out where there was no attempt yet.
struct Attempts {
  Operation operation = Operation::try_;
  std::uint16_t made = 0, base = 0;
  TimeMs first_at;
  std::uint16_t aside = 0;
};

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Attempts> attempts) {
  codec.number(1, attempts.operation);
  codec.number(2, attempts.made);
  codec.number(3, attempts.base);
  codec.time(4, attempts.first_at);
  codec.number(5, attempts.aside);
}

static void attempts(Writer& writer, int field, const Step& step) {
  for (std::size_t i = 0; i < operation_count; ++i) {
    const Attempts one{static_cast<Operation>(i + 1), step.attempts[i], step.attempts_base[i],
                       step.first_attempt_at[i], step.attempts_aside[i]};
    if (one.made != 0 || one.base != 0 || one.aside != 0 || one.first_at) writer.message(field, one);
  }
}

static void attempts(Reader& reader, int field, Step& step) {
  if (!reader.at(field)) return;
  Attempts one;
  reader.message(field, one);
  const auto i = static_cast<std::size_t>(one.operation) - 1;
  step.attempts[i] = one.made;
  step.attempts_base[i] = one.base;
  step.first_attempt_at[i] = one.first_at;
  step.attempts_aside[i] = one.aside;
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<WindowWarnings> warned) {
  codec.number(1, warned.given);
  codec.time(2, warned.next_at);
  codec.time(3, warned.over_since);
  if constexpr (!Codec::writing) codec.require(warned.given <= window_warnings_max);
}

// Only a delivery that takes long has any: left out of all the others.
static void warnings(Writer& writer, int field, const WindowWarnings& warned) {
  if (!(warned == WindowWarnings{})) writer.message(field, warned);
}

static void warnings(Reader& reader, int field, WindowWarnings& warned) {
  reader.message(field, warned);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Step> step) {
  codec.number(1, step.state);
  codec.number(2, step.operation);
  codec.number(3, step.parked_from);
  codec.number(4, step.in_flight);
  codec.number(5, step.query_in_flight);
  codec.number(6, step.try_intended);
  attempts(codec, 7, step);
  codec.time(8, step.last_attempt_at);
  codec.time(9, step.wake_at);
  codec.time(10, step.expires_at);
  codec.number(11, step.last_cause);
  codec.number(12, step.last_status);
  codec.text(13, step.error_code);
  codec.text(14, step.error_detail);
  codec.text(15, step.try_result);
  codec.text(16, step.confirm_result);
  codec.number(17, step.probing);
  codec.number(18, step.row_of);
  codec.number(19, step.row);
  codec.time(20, step.parked_at);
  codec.time(21, step.planned_wake);
  codec.time(22, step.held_since);
  warnings(codec, 23, step.warned);
  codec.text(24, step.proposed_by);
  // Has no zero; written only where it says something.
  if (!Codec::writing || !step.proposed_by.empty()) codec.number(25, step.proposed_as);
  codec.text(26, step.proposed_evidence);
  codec.time(27, step.proposed_at);
  codec.number(28, step.held_by);
  codec.text(29, step.proposed_result);
  codec.time(30, step.not_before);
  codec.number(31, step.unanswered);
  codec.number(32, step.apart);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Purchase> purchase) {
  codec.fixed(1, purchase.id.bytes);
  codec.text(2, purchase.definition);
  codec.number(3, purchase.definition_version);
  codec.message(4, purchase.order);
  codec.fixed(5, purchase.request_digest);
  codec.number(6, purchase.state);
  codec.number(7, purchase.decision);
  codec.text(8, purchase.reason_code);
  codec.text(9, purchase.reason_detail);
  codec.text(10, purchase.reason_step);
  codec.number(11, purchase.overdue);
  codec.time(12, purchase.submitted_at);
  codec.time(13, purchase.deadline_at);
  codec.time(14, purchase.decided_at);
  codec.time(15, purchase.confirmed_at);
  codec.time(16, purchase.finished_at);
  codec.fixed(17, purchase.predecessor.bytes);
  codec.fixed(18, purchase.successor.bytes);
  codec.number(19, purchase.revision);
  codec.repeated(20, purchase.steps, steps_max);
  codec.text(23, purchase.assignee);
  codec.text(24, purchase.note);
  codec.text(25, purchase.note_by);
  codec.time(26, purchase.note_at);
}

}  // namespace wire

std::string encode(const Purchase& purchase) {
  return wire::written(purchase, 1024);
}

Result<Purchase> decode_purchase(std::string_view bytes) {
  Purchase purchase;
  if (!wire::Reader(bytes).read(purchase)) return Error{"damaged", "a snapshot of a purchase cannot be read"};
  return purchase;
}

}  // namespace settle
