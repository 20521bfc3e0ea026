#include "sample_call.hpp"

#include <gtest/gtest.h>

namespace settle::test {
namespace {

Participant participant(const std::string& name) {
  Participant made;
  made.name = name;
  made.base_urls = {"http://127.0.0.1:1/" + name, "http://127.0.0.2:1/" + name};
  for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel, Operation::query}) {
    made.endpoints[op] = std::string("/") + name_of(op);
  }
  made.secrets = {sample_secret};
  return made;
}

}  // namespace

SampleCall::SampleCall() : definition(purchase_definition()) {
  std::array<std::uint8_t, 32> master{};
  for (std::size_t i = 0; i < master.size(); ++i) master[i] = static_cast<std::uint8_t>(i);
  keys = KeyRing::from_bytes(master);
  for (std::size_t i = 0; i < purchase.id.bytes.size(); ++i)
    purchase.id.bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  purchase.definition = definition.name;
  purchase.definition_version = definition.version;
  purchase.order = {"shop-1",
                    "key-1",
                    "A-1001",
                    "C-7",
                    "b-42",
                    "GAME-100",
                    "m-1",
                    "CNY",
                    2,
                    2000,
                    R"({"free":"as it came"})"};
  purchase.steps.resize(definition.steps.size());
  for (const char* name : {"inventory", "payment", "card"}) registry.put(participant(name));
  Merchant merchant;
  merchant.id = "m-1";
  merchant.url = "http://127.0.0.1:2/told?by=settle";
  merchant.secrets = {sample_secret};
  registry.put(merchant);
}

CallContext SampleCall::call(std::uint8_t step, Operation operation, std::uint16_t attempt) const {
  return {definition, purchase, step, operation, attempt, ShardId{7}, 3, now, "http://127.0.0.1:7070"};
}

HttpRequest SampleCall::request(std::uint8_t step, Operation operation, std::uint16_t attempt) const {
  auto built = build_request(call(step, operation, attempt), registry, *keys);
  if (built) return *std::move(built);
  ADD_FAILURE() << built.error().code << ": " << built.error().detail;
  return {};
}

Answered SampleCall::classified(std::uint8_t step, Operation operation, const HttpAnswer& answer) const {
  return std::get<Answered>(classify(call(step, operation), answer, registry, *keys));
}

QueryAnswered SampleCall::query_classified(std::uint8_t step, const HttpAnswer& answer) const {
  return std::get<QueryAnswered>(classify(call(step, Operation::query), answer, registry, *keys));
}

std::string SampleCall::sealed_cards(const std::string& cards_json) const {
  return *seal_fields("{\"cards\":" + cards_json + ",\"lot\":7}", {"cards"}, purchase.id.text() + ":issue",
                      *keys);
}

HttpAnswer answer_of(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

bool has_header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return true;
  }
  return false;
}

std::string header(const HttpRequest& request, const std::string& name) {
  std::string found;
  int count = 0;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    found = value;
    ++count;
  }
  EXPECT_EQ(count, 1) << name;
  return found;
}

}  // namespace settle::test
