#pragma once
// The messages that several others hold, and the ranges of the enums. Field numbers are on disk: never reuse
// one; docs/wal-format.md has the same as .proto.

#include "settle/statemachine/advance.hpp"
#include "wire.hpp"

namespace settle::wire {

template <std::uint64_t Last, bool HasZero>
struct Range {
  static constexpr std::uint64_t last = Last;
  static constexpr bool has_zero = HasZero;
};
template <>
struct EnumRange<PurchaseState> : Range<purchase_state_count, false> {};
template <>
struct EnumRange<StepState> : Range<step_state_count, false> {};
template <>
struct EnumRange<Operation> : Range<operation_count, false> {};
template <>
struct EnumRange<Cause> : Range<static_cast<int>(Cause::overload), true> {};
template <>
struct EnumRange<HeldBy> : Range<static_cast<int>(HeldBy::concurrency), true> {};
template <>
struct EnumRange<Decision> : Range<static_cast<int>(Decision::cancel), true> {};
template <>
struct EnumRange<Outcome> : Range<static_cast<int>(Outcome::fault), false> {};
template <>
struct EnumRange<QueryState> : Range<static_cast<int>(QueryState::no_answer), false> {};
template <>
struct EnumRange<Resolution> : Range<static_cast<int>(Resolution::abandoned), false> {};

// The index of a step: never as high as to be none.
template <class Codec>
void step_index(Codec& codec, int field, typename Codec::template Ref<std::uint8_t> step) {
  codec.number(field, step);
  if constexpr (!Codec::writing) codec.require(step < steps_max);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Order> order) {
  codec.text(1, order.shop);
  codec.text(2, order.idempotency_key);
  codec.text(3, order.order_id);
  codec.text(4, order.cart_id);
  codec.text(5, order.buyer);
  codec.text(6, order.sku);
  codec.text(7, order.merchant);
  codec.text(8, order.currency);
  codec.integer(9, order.quantity);
  codec.integer(10, order.amount_minor);
  codec.text(11, order.payload);
}

// Runs one direction over a whole message.
template <class M>
std::string written(const M& message, std::size_t bytes_expected) {
  std::string out;
  out.reserve(bytes_expected);
  Writer writer(out);
  fields(writer, message);
  return out;
}

}  // namespace settle::wire
