// The dead-letter list: what is with a person, why, since when, and what happens next.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

json letters(TestDaemon& daemon, const std::string& query = "") {
  return request(daemon.port(), "GET", "/v1/dead-letters" + query).json()["letters"];
}

// Confirms that are answered 418 are integration faults: parked at once.
json parked(TestDaemon& daemon) {
  submit(daemon.port(), "k-1", good_order());
  for (int i = 0; i < 400 && letters(daemon).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return letters(daemon);
}

TEST(DeadLetters, SayWhatIsParkedAndWhy) {
  TestDaemon daemon({{"charge:confirm", {418, R"({"code":"teapot","detail":"short and stout"})"}}});
  EXPECT_TRUE(letters(daemon).empty());
  const json all = parked(daemon);
  ASSERT_EQ(all.size(), 1U);
  const json& letter = all[0];
  EXPECT_EQ(letter["step"], "charge");
  EXPECT_EQ(letter["target"], "payment");
  EXPECT_EQ(letter["operation"], "confirm");
  EXPECT_EQ(letter["cause"], "bad_status");
  EXPECT_EQ(letter["status"], 418);
  EXPECT_EQ(letter["code"], "teapot");
  EXPECT_EQ(letter["attempts"], 1);
  EXPECT_EQ(letter["probing"], false) << "what cannot get better is not tried again";
  EXPECT_EQ(letter["order_id"], good_order()["order_id"]);
  EXPECT_FALSE(letter.contains("abandoned_at")) << "money is never given up";
  EXPECT_GE(letter["age_seconds"], 0);
}

TEST(DeadLetters, NarrowByCauseTargetMerchantAndAge) {
  TestDaemon daemon({{"charge:confirm", {418, "{}"}}});
  parked(daemon);
  EXPECT_EQ(letters(daemon, "?cause=bad_status").size(), 1U);
  EXPECT_EQ(letters(daemon, "?cause=reset").size(), 0U);
  EXPECT_EQ(letters(daemon, "?target=payment").size(), 1U);
  EXPECT_EQ(letters(daemon, "?target=card").size(), 0U);
  EXPECT_EQ(letters(daemon, "?merchant=" + good_order()["merchant"].get<std::string>()).size(), 1U);
  EXPECT_EQ(letters(daemon, "?merchant=nobody").size(), 0U);
  EXPECT_EQ(letters(daemon, "?older_than_seconds=0").size(), 1U);
  EXPECT_EQ(letters(daemon, "?older_than_seconds=3600").size(), 0U);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters?cause=luck").code(), "invalid_parameter");
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters?older_than_seconds=-1").code(),
            "invalid_parameter");
}

TEST(DeadLetters, LeaveTheListWhenSomebodyHelps) {
  TestDaemon daemon({{"charge:confirm", {418, "{}"}}});
  const std::string id = parked(daemon)[0]["purchase"];
  const std::string act =
      R"({"who":"ann","why":"the bank confirms: charged","step":"charge","resolution":"done",
          "evidence":"statement of the 3rd, line 17"})";
  ASSERT_EQ(request(daemon.port(), "POST", "/v1/purchases/" + id + "/resolve", act).status, 200);
  EXPECT_TRUE(letters(daemon).empty());
}

}  // namespace
}  // namespace settle::test
