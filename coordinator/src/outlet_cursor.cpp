// How far receivers are, as it is kept: a document of shard 0 for each. Written now and then: what was sent
// meanwhile is sent again after a crash (at least once).

#include <algorithm>

#include "journal_cursor.hpp"
#include "outlet_impl.hpp"

namespace settle {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t passed_max = 4'096;  // records that a restart may have to read again for nothing

std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

void keep_back(std::vector<std::uint64_t>& next, const FirstLsns& held) {
  for (const auto& [shard, lsn] : held) next[shard] = std::min(next[shard], lsn);
}

}  // namespace

std::vector<std::uint64_t> OutletImpl::delivered_upto(const Line& line) const {
  std::vector<std::uint64_t> upto = line.next;
  for (std::size_t n = 0; n < upto.size(); ++n) upto[n] = std::max(upto[n], line.done[n]);
  keep_back(upto, line.gatherer.unsent());
  return upto;
}

DocumentChange OutletImpl::cursor_of(Line& line) const {
  const auto upto = delivered_upto(line);
  // Where thresholds are being counted, a restart reads further back, and only counts.
  auto from = upto;
  for (std::size_t n = 0; n < from.size(); ++n) from[n] = std::min(from[n], line.next[n]);
  keep_back(from, line.gatherer.counting(line.read_upto));
  const Json json{{"next", journal_cursor(upto)},
                  {"count_from", journal_cursor(from)},
                  {"sent", line.sent},
                  {"events", line.events},
                  {"failed", line.failed},
                  {"lost", line.lost},
                  {"hour", static_cast<std::uint64_t>(line.hour)},
                  {"sent_in_hour", line.sent_in_hour}};
  return {"receiver_cursor", line.receiver.name, json.dump()};
}

Status OutletImpl::load_cursor(Line& line, std::string_view stored) const {
  const Json json = Json::parse(stored, nullptr, false);
  const Error damaged{"damaged", "its cursor cannot be read"};
  if (!json.is_object()) return damaged;
  for (const auto& [name, into] : {std::pair{"next", &line.done}, std::pair{"count_from", &line.next}}) {
    const auto text = json.find(name);
    if (text == json.end() || !text->is_string()) return damaged;
    auto position = parse_journal_cursor(text->get<std::string>(), journal_.shard_count());
    if (!position) return damaged;
    *into = *std::move(position);
  }
  line.sent = number_in(json, "sent");
  line.events = number_in(json, "events");
  line.failed = number_in(json, "failed");
  line.lost = number_in(json, "lost");
  line.hour = static_cast<std::int64_t>(number_in(json, "hour"));
  line.sent_in_hour = static_cast<std::uint32_t>(number_in(json, "sent_in_hour"));
  return ok();
}

// A record of its own for the moves of all: what reading it alone has moved is not written, or there would be
// no end to it.
void OutletImpl::save(bool all) {
  std::vector<DocumentChange> documents;
  for (const auto& [name, line] : lines_) {
    if (changing_.count(name) != 0) continue;
    if (!line->moved && line->passed < (all ? 1 : passed_max)) continue;
    documents.push_back(cursor_of(*line));
    line->moved = false;
    line->passed = 0;
  }
  if (documents.empty()) return;
  saved_at_ = loop_.now();
  engine_.note(RecordKind::engine, R"({"event":"receivers_moved"})", std::move(documents),
               [](const auto&) {});
}

}  // namespace settle
