#pragma once
// What the tests of the kit share: a coordinator's signed calls, a folder that goes away, an inventory behind
// the kit.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "settle/kit/participant.hpp"
#include "settle/services/books.hpp"

namespace settle::kit::test {

inline constexpr const char* secret_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

Secrets secrets();

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// 32 hexadecimal digits.
std::string purchase_id(std::uint64_t number);

struct CallSpec {
  std::string purchase = purchase_id(1);
  std::string step = "reserve";
  Operation operation = Operation::try_;
  std::string sku = "GAME-100";
  std::int64_t quantity = 2;
  std::int64_t amount = 2000;
  std::string buyer = "b-42";
  std::string callback = {};
  std::string epoch = "0:1";
  std::int64_t timestamp_s = 0;  // 0: now
};

std::int64_t now_s();
nlohmann::json body_of(const CallSpec& spec);
// Headers and body as the coordinator sends them, signed.
Request request_of(const CallSpec& spec);
// The same with another body, signed anew.
Request request_of(const CallSpec& spec, const std::string& body);

nlohmann::json json_of(const Response& response);
// The member "code" of a problem, or empty.
std::string code_of(const Response& response);

// An inventory in memory or in a file, behind the kit's checks and barrier, without a socket.
struct Shop {
  explicit Shop(std::int64_t stock = 100,
                const std::string& file = ":memory:", Durability durability = Durability::relaxed);
  Response call(const CallSpec& spec) { return participant->handle(spec.operation, request_of(spec)); }
  std::int64_t number(const std::string& sql, const std::string& parameter = {});
  bool fail_next = false;  // the next work that the barrier lets through answers not_now
  int works = 0;           // how often it let work through

  services::InventoryBook book;
  std::unique_ptr<Database> database;
  std::shared_ptr<Participant> participant;
};

}  // namespace settle::kit::test
