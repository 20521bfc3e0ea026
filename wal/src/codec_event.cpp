// Events as bytes. The number of an event's kind is its field in `what`.

#include "messages.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace wire {

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Submitted> event) {
  codec.fixed(1, event.id.bytes);
  codec.text(2, event.definition);
  codec.number(3, event.definition_version);
  codec.message(4, event.order);
  codec.fixed(5, event.request_digest);
  codec.time(6, event.deadline_at);
  codec.fixed(7, event.predecessor.bytes);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Answered> event) {
  step_index(codec, 1, event.step);
  codec.number(2, event.operation);
  codec.number(3, event.attempt);
  codec.number(4, event.outcome);
  codec.number(5, event.cause);
  codec.number(6, event.status);
  codec.duration(7, event.retry_after);
  codec.time(8, event.expires_at);
  codec.text(9, event.code);
  codec.text(10, event.detail);
  codec.text(11, event.result);
  codec.number(12, event.took_ms);
  codec.text(13, event.url);
  codec.text(14, event.answer);
  codec.text(15, event.content_type);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Told> event) {
  step_index(codec, 1, event.step);
  codec.number(2, event.operation);
  codec.number(3, event.outcome);
  codec.time(4, event.expires_at);
  codec.text(5, event.code);
  codec.text(6, event.detail);
  codec.text(7, event.result);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<QueryAnswered> event) {
  step_index(codec, 1, event.step);
  codec.number(2, event.attempt);
  codec.number(3, event.says);
  codec.number(4, event.cause);
  codec.number(5, event.status);
  codec.time(6, event.expires_at);
  codec.text(7, event.code);
  codec.text(8, event.detail);
  codec.text(9, event.result);
  codec.number(10, event.took_ms);
  codec.duration(11, event.retry_after);
  codec.text(12, event.url);
  codec.text(13, event.answer);
  codec.text(14, event.content_type);
}

template <class Codec>
void fields(Codec&, typename Codec::template Ref<Due>) {}

template <class Codec>
void fields(Codec&, typename Codec::template Ref<Resumed>) {}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<CancelRequested> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<RetryRequested> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
  codec.index_or_none(3, event.step);
  if constexpr (!Codec::writing) codec.require(event.step < static_cast<int>(steps_max));
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<ResolveRequested> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
  step_index(codec, 3, event.step);
  codec.number(4, event.resolution);
  codec.text(5, event.evidence);
  codec.text(6, event.proposed_by);
  codec.text(7, event.result);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Reopened> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
  codec.fixed(3, event.successor.bytes);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Enlisted> event) {
  step_index(codec, 1, event.step);
  codec.text(2, event.result);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<ClientDecided> event) {
  codec.number(1, event.decision);
  codec.text(2, event.why);
}

template <class Codec>
void fields(Codec&, typename Codec::template Ref<Inquired>) {}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Held> event) {
  step_index(codec, 1, event.step);
  codec.number(2, event.operation);
  codec.number(3, event.attempt);
  codec.number(4, event.by);
  codec.time(5, event.until);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Released> event) {
  step_index(codec, 1, event.step);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Noted> event) {
  codec.text(1, event.who);
  codec.text(2, event.text);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Assigned> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
  codec.text(3, event.to);
}

template <class Codec>
void fields(Codec& codec, typename Codec::template Ref<Proposed> event) {
  codec.text(1, event.who);
  codec.text(2, event.why);
  step_index(codec, 3, event.step);
  codec.number(4, event.resolution);
  codec.text(5, event.evidence);
  codec.text(6, event.result);
}

// `what` is a oneof: the alternative at index i of the variant is field first_kind + i. An alternative may be
// added at the end of the variant and nowhere else.
constexpr int first_kind = 3;
constexpr int policies_field = 40;  // behind all the kinds that there may ever be
constexpr int stretch_field = 41;
constexpr int notices_field = 42;
constexpr int rules_field = 43;

template <std::size_t I = 0>
void read_what(Reader& reader, Event& event, bool& found) {
  if constexpr (I < std::variant_size_v<decltype(Event::what)>) {
    constexpr int field = first_kind + static_cast<int>(I);
    if (!reader.at(field)) return read_what<I + 1>(reader, event, found);
    reader.require(!found);  // an event is of one kind
    found = true;
    auto& alternative = event.what.template emplace<I>();
    // The one member whose default is not what an absent field means.
    if constexpr (std::is_same_v<decltype(alternative), ClientDecided&>)
      alternative.decision = Decision::none;
    reader.message(field, alternative);
  }
}

// What is read: the event, and whether its kind was among the fields.
struct EventRead {
  EventRead() { event.rules = 0; }  // of events that name none
  Event event;
  bool found = false;
};

static void fields(Writer& writer, const Event& event) {
  writer.time(1, event.at);
  writer.number(2, event.queryable);
  const int field = first_kind + static_cast<int>(event.what.index());
  std::visit([&](const auto& what) { writer.message(field, what); }, event.what);
  writer.number(policies_field, event.policies);
  writer.number(stretch_field, event.stretch_percent);
  writer.text(notices_field, event.notices);
  writer.number(rules_field, event.rules);
}

static void fields(Reader& reader, EventRead& out) {
  reader.time(1, out.event.at);
  reader.number(2, out.event.queryable);
  read_what(reader, out.event, out.found);
  reader.number(policies_field, out.event.policies);
  reader.number(stretch_field, out.event.stretch_percent);
  reader.text(notices_field, out.event.notices);
  reader.number(rules_field, out.event.rules);
}

template <class Kind, std::size_t I = 0>
constexpr int field_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, decltype(Event::what)>, Kind>) {
    return first_kind + static_cast<int>(I);
  } else {
    return field_of<Kind, I + 1>();
  }
}

static void fields(Reader& reader, EventGlance& out) {
  // Passed over like every other field.
  if (reader.at(field_of<Reopened>())) out.reopened = true;
  for (const int act : {field_of<CancelRequested>(), field_of<RetryRequested>(), field_of<ResolveRequested>(),
                        field_of<Proposed>()})
    if (reader.at(act)) out.hand = true;
  reader.text(notices_field, out.notices);
}

}  // namespace wire

std::string encode(const Event& event) {
  return wire::written(event, 256);
}

Result<EventGlance> glance_at_event(std::string_view bytes) {
  EventGlance glance;
  if (!wire::Reader(bytes).read(glance)) return Error{"damaged", "an event of the journal cannot be read"};
  return glance;
}

Result<Event> decode_event(std::string_view bytes) {
  wire::EventRead read;
  if (!wire::Reader(bytes).read(read)) return Error{"damaged", "an event of the journal cannot be read"};
  if (!read.found) return Error{"damaged", "an event of the journal is of no kind that this version knows"};
  return std::move(read.event);
}

}  // namespace settle
