#include "support.hpp"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <chrono>
#include <filesystem>

#include "settle/kit/digest.hpp"
#include "settle/kit/encoding.hpp"

namespace settle::kit::test {

Secrets secrets() {
  return Secrets::parse({secret_text}).value();
}

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "settle-kit-XXXXXX").string();
  SETTLE_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string purchase_id(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(32 - digits.size(), '0') + digits;
}

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

nlohmann::json body_of(const CallSpec& spec) {
  return {{"purchase", spec.purchase},
          {"step", spec.step},
          {"operation", name_of(spec.operation)},
          {"shop", "shop-1"},
          {"order_id", "A-1001"},
          {"buyer", spec.buyer},
          {"sku", spec.sku},
          {"quantity", spec.quantity},
          {"amount", spec.amount},
          {"currency", "CNY"},
          {"merchant", "m-1"},
          {"payload", nlohmann::json::object()},
          {"results", nlohmann::json::object()}};
}

Request request_of(const CallSpec& spec) {
  return request_of(spec, body_of(spec).dump());
}

Request request_of(const CallSpec& spec, const std::string& body) {
  const std::string key = Key{spec.purchase, spec.step, spec.operation}.text();
  const std::int64_t timestamp_s = spec.timestamp_s == 0 ? now_s() : spec.timestamp_s;
  Request request;
  request.method = "POST";
  request.path = "/" + std::string(name_of(spec.operation));
  request.body = body;
  request.headers = {{"content-type", "application/json"},
                     {"idempotency-key", key},
                     {"settle-purchase", spec.purchase},
                     {"settle-step", spec.step},
                     {"settle-operation", std::string(name_of(spec.operation))},
                     {"settle-attempt", "1"},
                     {"settle-epoch", spec.epoch},
                     {"content-digest", content_digest(body)},
                     {"webhook-id", key},
                     {"webhook-timestamp", std::to_string(timestamp_s)},
                     {"webhook-signature", secrets().sign(key, timestamp_s, body)}};
  if (!spec.callback.empty()) request.headers["settle-callback"] = spec.callback;
  return request;
}

nlohmann::json json_of(const Response& response) {
  return nlohmann::json::parse(response.body, nullptr, false);
}

std::string code_of(const Response& response) {
  const nlohmann::json body = json_of(response);
  return body.is_object() ? body.value("code", "") : "";
}

Shop::Shop(std::int64_t stock, const std::string& file, Durability durability)
    : book(stock), database(Database::open(file, durability).value()) {
  {
    Transaction transaction = database->begin();
    book.create(transaction);
    SETTLE_CHECK(transaction.commit().ok());
  }
  const auto counted = [this](auto work) {
    return Local{[this, work](const Call& call, Transaction& transaction) {
      ++works;
      if (std::exchange(fail_next, false)) return Answer::not_now("down", "told to fail");
      return (book.*work)(call, transaction);
    }};
  };
  using services::InventoryBook;
  const Handlers handlers{counted(&InventoryBook::hold), counted(&InventoryBook::take),
                          counted(&InventoryBook::release)};
  participant = Participant::create(*database, secrets(), handlers).value();
}

std::int64_t Shop::number(const std::string& sql, const std::string& parameter) {
  Transaction transaction = database->begin();
  const auto row = parameter.empty() ? transaction.row(sql) : transaction.row(sql, {parameter});
  SETTLE_CHECK(!transaction.failed());
  return row ? row->integer(0) : 0;
}

}  // namespace settle::kit::test
