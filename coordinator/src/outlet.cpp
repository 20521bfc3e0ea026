// The outlet: receivers come, change, are looked at, and go.

#include <algorithm>

#include "json_writer.hpp"
#include "outlet_impl.hpp"
#include "settle/coordinator/api.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* receiver_kind = "receiver";
constexpr const char* cursor_kind = "receiver_cursor";

Error unknown(std::string_view name) {
  return Error{"not_found", "there is no receiver " + std::string(name)};
}

void put_time(Json& json, const char* name, TimeMs at) {
  if (at) json[name] = time_text(at);
}

bool same(const Receiver& a, const Receiver& b) {
  return public_object(a) == public_object(b) && a.url == b.url && a.secrets == b.secrets;
}

OutletMessage test_message(TimeMs at) {
  OutletEvent event;
  event.id = "test-" + base64url(random_bytes(9));
  event.at = at;
  event.data = {{"text", "Settle reaches this receiver"}};
  OutletMessage message;
  message.count = 1;
  message.by_type[event.type] = 1;
  message.last_id = event.id;
  message.opened_at = at;
  message.examples.push_back(std::move(event));
  return message;
}

std::string what_came_back(const Receiver& receiver, const HttpAnswer& answer) {
  constexpr std::size_t shown_max = 300;
  const std::string error = judge(receiver, answer);
  Json json{{"delivered", error.empty()}, {"took_ms", answer.took_ms}};
  if (answer.failure == Cause::none) json["status"] = answer.status;
  if (!error.empty()) json["error"] = error;
  if (!answer.body.empty()) json["answer"] = answer.body.substr(0, shown_max);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::unique_ptr<Outlet> Outlet::create(Engine& engine, const Journal& journal, Loop& loop, HttpClient& client,
                                       boost::asio::io_context& io, std::shared_ptr<const KeyRing> keys,
                                       OutletConfig config) {
  return std::make_unique<OutletImpl>(engine, journal, loop, client, io, std::move(keys), config);
}

OutletImpl::OutletImpl(Engine& engine, const Journal& journal, Loop& loop, HttpClient& client,
                       boost::asio::io_context& io, std::shared_ptr<const KeyRing> keys, OutletConfig config)
    : engine_(engine),
      journal_(journal),
      loop_(loop),
      client_(client),
      keys_(std::move(keys)),
      config_(config),
      timer_(io) {}

Status OutletImpl::start() {
  const auto receivers = journal_.documents(ShardId{0}, receiver_kind);
  if (!receivers) return receivers.error();
  for (const Document& document : *receivers) {
    const auto damaged = [&](const Error& error) {
      return Error{error.code, "receiver \"" + document.key + "\" in the journal: " + error.detail};
    };
    auto receiver = load_receiver(document.value, *keys_);
    if (!receiver) return damaged(receiver.error());
    const auto cursor = journal_.document(ShardId{0}, cursor_kind, document.key);
    if (!cursor) return cursor.error();
    const auto line = std::make_shared<Line>(*std::move(receiver));
    if (Status loaded = load_cursor(*line, cursor->value_or("")); !loaded) return damaged(loaded.error());
    lines_[document.key] = line;
  }
  stopped_ = false;
  // After what recovery has put off: the first thing to be told is that the daemon has started.
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.lock()) return;
    engine_.note(RecordKind::engine, Json{{"event", "started"}, {"version", settle_version()}}.dump(), {},
                 [](const auto&) {});
    tick();
  });
  return ok();
}

void OutletImpl::stop() {
  if (stopped_) return;
  stopped_ = true;
  timer_.cancel();
  save(true);
}

std::uint64_t OutletImpl::behind(const Line& line) const {
  const auto upto = delivered_upto(line), heads = engine_.heads();
  std::uint64_t behind = 0;
  for (std::size_t n = 0; n < heads.size(); ++n) behind += heads[n] + 1 - std::min(upto[n], heads[n] + 1);
  return behind;
}

std::vector<ReceiverGauge> OutletImpl::gauges() const {
  std::vector<ReceiverGauge> all;
  for (const auto& [name, line] : lines_) {
    ReceiverGauge& gauge = all.emplace_back();
    gauge.name = name;
    gauge.behind = behind(*line);
    gauge.failed = line->failed;
    gauge.lost = line->lost;
    if (line->failing_since) gauge.failing = loop_.now() - line->failing_since;
  }
  return all;
}

Json OutletImpl::shown(const Line& line) const {
  Json json = public_object(line.receiver);
  Json figures{{"sent", line.sent},
               {"events", line.events},
               {"failed", line.failed},
               {"lost", line.lost},
               {"waiting", line.gatherer.waiting()},
               {"behind", behind(line)}};
  put_time(figures, "last_sent_at", line.last_sent_at);
  put_time(figures, "failing_since", line.failing_since);
  if (line.failing_since) put_time(figures, "next_attempt_at", line.retry_at);
  if (!line.last_error.empty()) figures["last_error"] = line.last_error;
  json["figures"] = std::move(figures);
  return json;
}

std::string OutletImpl::list() const {
  Json all = Json::array();
  for (const auto& [name, line] : lines_) all.push_back(shown(*line));
  return Json{{"receivers", std::move(all)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::string> OutletImpl::show(std::string_view name) const {
  const auto found = lines_.find(name);
  if (found == lines_.end()) return unknown(name);
  return shown(*found->second).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status OutletImpl::changeable(std::string_view name) const {
  if (changing_.find(name) == changing_.end()) return ok();
  return Error{"overloaded", "another change of this receiver is being stored; try again"};
}

void OutletImpl::put(std::string_view name, std::string_view json, Then<Put> then) {
  const auto found = lines_.find(name);
  const Line* const existing = found == lines_.end() ? nullptr : found->second.get();
  auto parsed = parse_receiver(name, json, existing == nullptr ? nullptr : &existing->receiver);
  if (!parsed) return then(parsed.error());
  if (Status free = changeable(name); !free) return then(free.error());
  if (existing != nullptr && same(existing->receiver, parsed->receiver)) return then(Put{false, *show(name)});
  if (existing == nullptr && lines_.size() + changing_.size() >= receivers_max)
    return then(
        Error{"too_many_receivers", "there are " + std::to_string(receivers_max) + " receivers already"});
  const auto line = std::make_shared<Line>(std::move(parsed->receiver));
  if (existing != nullptr) return store(line, false, parsed->made_secret, std::move(then));
  line->next = engine_.heads();
  for (std::uint64_t& lsn : line->next) lsn = parsed->from_beginning ? 1 : lsn + 1;
  if (!parsed->from_beginning) ++line->next.front();  // behind the record that is about to be written
  line->done = line->next;
  store(line, true, parsed->made_secret, std::move(then));
}

void OutletImpl::store(const LinePtr& line, bool created, bool tell_secret, Then<Put> then) {
  const std::string name = line->receiver.name;
  std::vector<DocumentChange> documents{{receiver_kind, name, stored_json(line->receiver, *keys_)}};
  if (created) documents.push_back(cursor_of(*line));
  std::string event =
      Json{{"event", "receiver_put"}, {"name", name}, {"receiver", public_object(line->receiver)}}.dump(
          -1, ' ', false, Json::error_handler_t::replace);
  changing_.insert(name);
  engine_.note(RecordKind::registry, std::move(event), std::move(documents),
               [this, alive = std::weak_ptr<bool>(alive_), line, created, tell_secret, name,
                then = std::move(then)](const Status& stored) {
                 if (!alive.lock()) return;
                 changing_.erase(name);
                 if (!stored) return then(stored.error());
                 if (!created) {  // where the one before is by now; what it was sending is sent anew
                   Line& before = *lines_.at(name);
                   SETTLE_CHECK(load_cursor(*line, *cursor_of(before).value).ok());
                 }
                 lines_[name] = line;
                 Json json = shown(*line);
                 if (tell_secret) json["new_secret"] = line->receiver.secrets.front();
                 then(Put{created, json.dump(-1, ' ', false, Json::error_handler_t::replace)});
               });
}

void OutletImpl::erase(std::string_view name, Then<Done> then) {
  if (lines_.find(name) == lines_.end()) return then(unknown(name));
  if (Status free = changeable(name); !free) return then(free.error());
  std::string key(name);
  std::vector<DocumentChange> documents{{receiver_kind, key, std::nullopt}, {cursor_kind, key, std::nullopt}};
  changing_.insert(key);
  engine_.note(
      RecordKind::registry, Json{{"event", "receiver_deleted"}, {"name", key}}.dump(), std::move(documents),
      [this, alive = std::weak_ptr<bool>(alive_), key, then = std::move(then)](const Status& stored) {
        if (!alive.lock()) return;
        changing_.erase(key);
        if (stored) lines_.erase(key);
        then(stored);
      });
}

void OutletImpl::test(std::string_view name, Then<std::string> then) {
  const auto found = lines_.find(name);
  if (found == lines_.end()) return then(unknown(name));
  const LinePtr& line = found->second;
  if (line->testing) return then(Error{"overloaded", "a test of this receiver is under way"});
  line->testing = true;
  const Rendered message = render(line->receiver, test_message(loop_.now()));
  client_.send(request_of(line->receiver, message, 0, loop_.wall()),
               [line, alive = std::weak_ptr<bool>(alive_), then = std::move(then)](const HttpAnswer& answer) {
                 if (!alive.lock()) return;
                 line->testing = false;
                 then(what_came_back(line->receiver, answer));
               });
}

}  // namespace settle
