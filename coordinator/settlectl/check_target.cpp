#include "check_target.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "settle/kit/digest.hpp"
#include "settle/kit/encoding.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

constexpr const char* step = "check";
// No coordinator has this shard (there are far fewer), so that the epochs played here fence nobody out.
constexpr const char* shard = "65535";
constexpr int not_now_max = 5;

std::string body_of(const Target& target, const Play& play) {
  Json body = {{"purchase", play.purchase}, {"step", step}, {"operation", play.operation}};
  for (const auto& [name, value] : target.order.items()) body[name] = value;
  body["payload"] = Json::object();
  body["results"] = Json::object();
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

kit::Secrets other_secret() {
  auto secrets = kit::Secrets::parse({"whsec_" + kit::base64(kit::random_bytes(32))});
  return std::move(secrets).value();
}

HttpCall call_of(const Target& target, const Play& play) {
  const std::string body = body_of(target, play);
  const std::string key = play.purchase + ":" + step + ":" + play.operation;
  const std::int64_t at_s = now_ms() / 1000 - (play.spoil == Spoil::timestamp ? 3600 : 0);
  const long long epoch = target.epoch - (play.spoil == Spoil::epoch ? 1 : 0);
  const std::string signature = play.spoil == Spoil::signature ? other_secret().sign(key, at_s, body)
                                                               : target.secrets.sign(key, at_s, body);
  HttpCall call{"POST", target.base_url + target.endpoints.at(play.operation), {}, body, target.timeout_s};
  call.headers = {{"Idempotency-Key", key},
                  {"Settle-Purchase", play.purchase},
                  {"Settle-Step", step},
                  {"Settle-Operation", play.operation},
                  {"Settle-Attempt", std::to_string(play.attempt)},
                  {"Settle-Epoch", std::string(shard) + ":" + std::to_string(epoch)},
                  {"traceparent", "00-" + play.purchase + "-" + play.purchase.substr(0, 16) + "-00"},
                  {"Content-Digest", kit::content_digest(play.spoil == Spoil::digest ? body + " " : body)},
                  {"webhook-id", key},
                  {"webhook-timestamp", std::to_string(at_s)},
                  {"Content-Type", "application/json"}};
  if (play.spoil != Spoil::no_signature) call.headers["webhook-signature"] = signature;
  return call;
}

bool not_now(int status) {
  return status == 425 || status == 429 || status == 503;
}

int wait_of(const HttpReply& reply) {
  const auto header = reply.headers.find("retry-after");
  const long seconds = header == reply.headers.end() ? 1 : std::strtol(header->second.c_str(), nullptr, 10);
  return static_cast<int>(seconds < 1 ? 1 : seconds > 5 ? 5 : seconds);
}

}  // namespace

Result<HttpReply> play(const Target& target, const Play& play) {
  const HttpCall call = call_of(target, play);
  auto reply = send(call);
  for (int i = 0; i < not_now_max && reply && not_now(reply->status); ++i) {
    std::this_thread::sleep_for(std::chrono::seconds(wait_of(*reply)));
    reply = send(call);
  }
  return reply;
}

std::string new_purchase() {
  return kit::hex(kit::random_bytes(16));
}

}  // namespace settle::ctl
