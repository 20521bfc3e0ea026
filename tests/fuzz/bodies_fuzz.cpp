// The bodies of the API, through its front door: whatever comes, the answer is JSON with a code of the table
// and never an internal error; what is accepted is shown as it was sent, is the same when it is sent again
// (I5), and is still there after a crash (I4).

#include "api_problem.hpp"
#include "daemon.hpp"
#include "input.hpp"
#include "settle/statemachine/advance.hpp"

#include <nlohmann/json.hpp>

namespace settle::fuzz {
namespace {

using nlohmann::json;

constexpr const char* good_order =
    R"({"shop":"s","order_id":"o","buyer":"b","sku":"GAME-100","quantity":2,"amount":2000,"currency":"CNY","merchant":"m-1"})";

// The answer's body; a problem's is checked.
json checked(const Answer& answer) {
  SETTLE_CHECK(answer.status >= 200 && answer.status < 600 && answer.status != 500);
  SETTLE_CHECK(answer.whole || answer.status == 204);
  if (answer.status == 204) return {};
  json body = json::parse(answer.body);  // throws if it is none
  SETTLE_CHECK((answer.status >= 400) == (answer.head.find("application/problem+json") != std::string::npos));
  if (answer.status < 400) return body;
  const ProblemKind* kind = problem_kind(body.at("code").get<std::string>());
  SETTLE_CHECK(kind != nullptr && kind->status == answer.status && body.at("status") == answer.status);
  SETTLE_CHECK(!body.at("detail").get<std::string>().empty());
  if (const std::string pointer = body.value("pointer", ""); pointer.starts_with("/"))
    SETTLE_CHECK(json::json_pointer(pointer).to_string() == pointer);
  return body;
}

void submit(Daemon& daemon, std::string_view body) {
  const std::string key = "Idempotency-Key: k\r\n";
  const json first = checked(daemon.ask("POST", "/v1/purchases", body, key));
  if (first.contains("code")) return;
  const json asked = json::parse(body);
  for (const char* name : {"shop", "order_id", "buyer", "sku", "quantity", "amount", "currency", "merchant"})
    SETTLE_CHECK(first.at(name) == asked.at(name));
  const std::uint64_t appends = daemon.appends();
  const json again = checked(daemon.ask("POST", "/v1/purchases", body, key));
  SETTLE_CHECK(again.at("id") == first.at("id") && daemon.appends() == appends);
  daemon.restart();
  const json after = checked(daemon.ask("GET", "/v1/purchases/" + first.at("id").get<std::string>(), ""));
  SETTLE_CHECK(after.at("id") == first.at("id") && after.at("amount") == asked.at("amount"));
}

// What is put is shown, is nothing new when it is put again, and survives.
void put(Daemon& daemon, const std::string& target, std::string_view body) {
  const Answer first = daemon.ask("PUT", target, body);
  checked(first);
  if (first.status >= 400) return;
  const std::string shown = daemon.ask("GET", target, "").body;
  const std::uint64_t appends = daemon.appends();
  const Answer again = daemon.ask("PUT", target, body);
  SETTLE_CHECK(again.status == 200 && daemon.appends() == appends);
  daemon.restart();
  const Answer after = daemon.ask("GET", target, "");
  SETTLE_CHECK(after.status == 200 && after.body == shown);
  // What is shown can be put, and is no change.
  const std::uint64_t restarted = daemon.appends();
  const Answer back = daemon.ask("PUT", target, shown);
  SETTLE_CHECK(back.status == 200 && daemon.appends() == restarted);
}

void act(Daemon& daemon, const std::string& verb, std::string_view body) {
  const json purchase = checked(daemon.ask("POST", "/v1/purchases", good_order, "Idempotency-Key: k\r\n"));
  const std::string target = "/v1/purchases/" + purchase.at("id").get<std::string>();
  const std::uint64_t appends = daemon.appends();
  const Answer acted = daemon.ask("POST", target + "/" + verb, body);
  checked(acted);
  if (acted.status >= 400) SETTLE_CHECK(daemon.appends() == appends);
  daemon.restart();
  checked(daemon.ask("GET", target, ""));
}

void call_back(Daemon& daemon, std::string_view body) {
  checked(daemon.ask("POST", "/v1/purchases", good_order, "Idempotency-Key: k\r\n"));
  const std::string path = daemon.callback_path();
  SETTLE_CHECK(!path.empty());
  const Answer first = daemon.ask("POST", path, body);
  checked(first);
  const Answer again = daemon.ask("POST", path, body);
  SETTLE_CHECK(again.status == first.status && again.body == first.body);  // I13
  daemon.restart();
}

void pause(Daemon& daemon, const std::string& target, std::string_view body) {
  const Answer acted = daemon.ask("POST", target, body);
  checked(acted);
  daemon.restart();
  const int ready = daemon.ask("GET", "/readyz", "").status;
  SETTLE_CHECK((ready == 503) == (acted.status == 200 && target == "/v1/pause"));
}

// Query strings; what cannot stand in a target is left to the target `http`.
void query(Daemon& daemon, const std::string& path, std::string_view text) {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (text.size() > 4096 || !std::all_of(text.begin(), text.end(), plain)) return;
  checked(daemon.ask("POST", "/v1/purchases", good_order, "Idempotency-Key: k\r\n"));
  const Answer answer = daemon.ask("GET", path + "?" + std::string(text), "");
  if (answer.head.find("ndjson") == std::string::npos) return void(checked(answer));
  for (std::string_view lines = answer.body; answer.whole && !lines.empty();) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    SETTLE_CHECK(json::accept(line));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle::fuzz;
  Input input(data, size);
  const std::uint8_t kind = input.byte();
  const std::string_view body = input.rest();
  if (body.size() > settle::HttpLimits().body_bytes_max) return 0;
  Daemon daemon;
  static const char* const verbs[] = {"cancel", "retry", "reopen", "resolve"};
  switch (kind % 8) {
    case 0:
      submit(daemon, body);
      break;
    case 1:
      put(daemon, "/v1/participants/p", body);
      break;
    case 2:
      put(daemon, "/v1/merchants/m-2", body);
      break;
    case 3:
      put(daemon, "/v1/definitions/d", body);
      break;
    case 4:
      act(daemon, verbs[kind / 8 % 4], body);
      break;
    case 5:
      call_back(daemon, body);
      break;
    case 6:
      pause(daemon, kind / 8 % 2 == 0 ? "/v1/pause" : "/v1/resume", body);
      break;
    default:
      query(daemon, kind / 8 % 2 == 0 ? "/v1/purchases" : "/v1/journal", body);
  }
  return 0;
}
