// A person's hands on what is with people: assigned, annotated, acted on by the many, confirmed by a second
// person.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

const Script faulty = {{"charge:confirm", {418, R"({"code":"teapot","detail":"short and stout"})"}}};

json letters(TestDaemon& daemon, const std::string& query = "") {
  return request(daemon.port(), "GET", "/v1/dead-letters" + query).json()["letters"];
}

RawAnswer post(TestDaemon& daemon, const std::string& path, const json& body) {
  return request(daemon.port(), "POST", path, body.dump());
}

// As many purchases, each with a step that waits for a person.
std::string parked(TestDaemon& daemon, std::size_t count = 1) {
  for (std::size_t i = 0; i < count; ++i) {
    json order = good_order();
    order["order_id"] = "T-" + std::to_string(i);
    submit(daemon.port(), "k-" + std::to_string(i), order);
  }
  for (int i = 0; i < 1'000 && letters(daemon, "?limit=200").size() < count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const json all = letters(daemon, "?limit=200");
  EXPECT_EQ(all.size(), count);
  return all.empty() ? "" : all[0]["purchase"].get<std::string>();
}

json finished(TestDaemon& daemon, const std::string& location) {
  for (int i = 0; i < 2'000; ++i) {
    json report = request(daemon.port(), "GET", location).json();
    if (report["state"] == "finished") return report;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << location << " never ends";
  return {};
}

TEST(Hands, AssignAndNoteAreShownWithTheLetterAndThePurchase) {
  TestDaemon daemon(faulty);
  const std::string path = "/v1/purchases/" + parked(daemon);
  EXPECT_EQ(letters(daemon, "?unassigned=true").size(), 1U);
  EXPECT_EQ(
      post(daemon, path + "/assign", {{"who", "ann"}, {"why", "on duty"}, {"to", "bob"}}).json()["assignee"],
      "bob");
  for (int i = 1; i <= 22; ++i)
    ASSERT_EQ(post(daemon, path + "/note", {{"who", "ann"}, {"text", "note " + std::to_string(i)}}).status,
              200);
  const json letter = letters(daemon, "?assignee=bob").at(0);
  EXPECT_EQ(letter["assignee"], "bob");
  EXPECT_EQ(letter["note"]["text"], "note 22");
  EXPECT_EQ(letter["note"]["who"], "ann");
  EXPECT_TRUE(letter.contains("first_attempt_at"));
  EXPECT_EQ(letters(daemon, "?unassigned=true").size(), 0U);
  const json shown = request(daemon.port(), "GET", path + "?notes=true").json();
  ASSERT_EQ(shown["notes"].size(), 20U) << "the last ones";
  EXPECT_EQ(shown["notes"][0]["text"], "note 22");
  EXPECT_EQ(shown["notes"][19]["text"], "note 3");
  EXPECT_FALSE(request(daemon.port(), "GET", path).json().contains("notes"));
  EXPECT_FALSE(post(daemon, path + "/assign", {{"who", "ann"}, {"why", "off"}}).json().contains("assignee"));
}

TEST(Hands, BadNotesAreRefusedWithTheField) {
  TestDaemon daemon(faulty);
  const std::string path = "/v1/purchases/" + parked(daemon);
  EXPECT_EQ(post(daemon, path + "/note", {{"who", "ann"}}).json()["pointer"], "/text");
  EXPECT_EQ(post(daemon, path + "/note", {{"who", "ann"}, {"text", std::string(501, 'x')}}).code(),
            "invalid_field");
  EXPECT_EQ(post(daemon, path + "/note", {{"who", "ann"}, {"text", "t"}, {"why", "w"}}).code(),
            "unknown_field");
  EXPECT_EQ(post(daemon, path + "/resolve",
                 {{"who", "ann"}, {"why", "w"}, {"step", "charge"}, {"resolution", "done"}})
                .json()["pointer"],
            "/evidence");
}

TEST(Hands, ASecondPersonConfirms) {
  EngineConfig config;
  config.resolve_needs_second_person = true;
  TestDaemon daemon(faulty, TestDaemon::quick_limits(), true, config);
  const std::string path = "/v1/purchases/" + parked(daemon);
  json act = {{"who", "ann"},
              {"why", "they say so"},
              {"step", "charge"},
              {"resolution", "done"},
              {"evidence", "letter 17"}};
  const RawAnswer proposed = post(daemon, path + "/resolve", act);
  EXPECT_EQ(proposed.status, 202) << proposed.body;
  EXPECT_EQ(proposed.json()["state"], "proposed");
  EXPECT_EQ(proposed.json()["proposal"]["by"], "ann");
  EXPECT_EQ(letters(daemon).at(0)["proposal"]["evidence"], "letter 17");
  const RawAnswer again = post(daemon, path + "/resolve", act);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "second_person_needed");
  act["who"] = "bob";
  EXPECT_EQ(post(daemon, path + "/resolve", act).status, 200);
  EXPECT_TRUE(letters(daemon).empty());
  const std::string log = request(daemon.port(), "GET", "/v1/journal?purchase=" + path.substr(14)).body;
  EXPECT_NE(log.find(R"("proposed_by":"ann")"), std::string::npos) << log;
}

// The cards were issued by hand: the shop is shown them, and the journal has them sealed.
TEST(Hands, CardsThatAPersonNamesAreShown) {
  TestDaemon daemon({{"issue:confirm", {418, R"({"code":"teapot","detail":"short and stout"})"}}});
  const std::string path = "/v1/purchases/" + parked(daemon);
  json act = {{"who", "ann"},
              {"why", "issued by telephone"},
              {"step", "issue"},
              {"resolution", "done"},
              {"evidence", "their list"}};
  const RawAnswer refused = post(daemon, path + "/resolve", act);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.code(), "missing_field");
  EXPECT_EQ(refused.json()["pointer"], "/result");
  EXPECT_NE(refused.body.find("cards"), std::string::npos) << "says what to give";
  act["result"] = "cards";
  EXPECT_EQ(post(daemon, path + "/resolve", act).json()["pointer"], "/result");
  act["result"] = {{"cards", {{{"code", "BY-HAND-7"}}}}};
  const RawAnswer resolved = post(daemon, path + "/resolve", act);
  ASSERT_EQ(resolved.status, 200) << resolved.body;
  EXPECT_EQ(resolved.json()["cards"][0]["code"], "BY-HAND-7") << resolved.body;
  const std::string log = request(daemon.port(), "GET", "/v1/journal?purchase=" + path.substr(14)).body;
  EXPECT_EQ(log.find("BY-HAND-7"), std::string::npos) << log;
  EXPECT_NE(log.find("$sealed"), std::string::npos);
}

TEST(Hands, I25_ManyAtOnceWithADryRunAndAReport) {
  TestDaemon daemon(faulty);
  parked(daemon, 60);
  const json count = request(daemon.port(), "GET", "/v1/dead-letters?count=true&step=charge").json();
  EXPECT_EQ(count["total"], "60");
  EXPECT_EQ(count["exact"], true);
  EXPECT_EQ(count["by_cause"]["bad_status"], 60);
  json act = {{"who", "ann"},        {"why", "the bank confirms"}, {"act", "resolve"},
              {"target", "payment"}, {"resolution", "done"},       {"evidence", "list of the 3rd"},
              {"dry_run", true}};
  const RawAnswer dry = post(daemon, "/v1/dead-letters/acts", act);
  ASSERT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(dry.json()["matched"], 60);
  EXPECT_EQ(dry.json()["first"].size(), 20U);
  EXPECT_EQ(letters(daemon, "?limit=200").size(), 60U) << "a dry run does nothing";
  act.erase("dry_run");
  act["limit"] = 40;
  const RawAnswer begun = post(daemon, "/v1/dead-letters/acts", act);
  ASSERT_EQ(begun.status, 202) << begun.body;
  const json report = finished(daemon, begun.header("location"));
  EXPECT_EQ(report["done"], 40);
  EXPECT_EQ(report["matched"], 40);
  EXPECT_EQ(report["refusals"].size(), 0U);
  EXPECT_TRUE(report.contains("finished_at"));
  EXPECT_EQ(letters(daemon, "?limit=200").size(), 20U);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters/acts/00000007").status, 404);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters/acts/x").status, 404);
}

TEST(Hands, I25_ProposalsOfManyAreNotCalledDone) {
  EngineConfig config;
  config.resolve_needs_second_person = true;
  TestDaemon daemon(faulty, TestDaemon::quick_limits(), true, config);
  parked(daemon, 2);
  json act = {{"who", "ann"},
              {"why", "the bank confirms"},
              {"act", "resolve"},
              {"resolution", "done"},
              {"evidence", "list of the 3rd"}};
  const json proposed = finished(daemon, post(daemon, "/v1/dead-letters/acts", act).header("location"));
  EXPECT_EQ(proposed["proposed"], 2);
  EXPECT_EQ(proposed["done"], 0);
  act["who"] = "bob";
  const json done = finished(daemon, post(daemon, "/v1/dead-letters/acts", act).header("location"));
  EXPECT_EQ(done["done"], 2);
  EXPECT_EQ(done["proposed"], 0);
}

TEST(Hands, ManyCancelledPurchasesAreReopenedOnce) {
  TestDaemon daemon({{"charge:try", {409, R"({"code":"out_of_stock","detail":"none left"})"}}});
  for (int i = 0; i < 3; ++i) {
    json order = good_order();
    order["order_id"] = "T-" + std::to_string(i);
    const json ended = submit(daemon.port(), "k-" + std::to_string(i), order, "Prefer: wait=10\r\n").json();
    ASSERT_EQ(ended["state"], "cancelled") << ended;
  }
  json act = {{"who", "ann"},
              {"why", "stock has come"},
              {"act", "reopen"},
              {"code", "out_of_stock"},
              {"dry_run", true}};
  const json dry = post(daemon, "/v1/dead-letters/acts", act).json();
  EXPECT_EQ(dry["matched"], 3) << dry;
  EXPECT_EQ(dry["first"][0]["refused"], false);
  act.erase("dry_run");
  act["since"] = "2026-01-31T12:00:00Z";
  act["until"] = "2226-01-31T12:00:00Z";
  EXPECT_EQ(finished(daemon, post(daemon, "/v1/dead-letters/acts", act).header("location"))["done"], 3);
  const json all = request(daemon.port(), "GET", "/v1/purchases").json()["purchases"];
  ASSERT_EQ(all.size(), 6U);
  std::size_t successors = 0;
  for (const json& one : all) successors += one.contains("predecessor") ? 1 : 0;
  EXPECT_EQ(successors, 3U);
}

TEST(Hands, I25_ABulkActIsListedAndStopped) {
  TestDaemon daemon(faulty);
  parked(daemon, 2);
  const json act = {{"who", "ann"}, {"why", "w"}, {"act", "note"}, {"text", "asked"}};
  EXPECT_TRUE(request(daemon.port(), "GET", "/v1/dead-letters/acts").json()["acts"].empty());
  const std::string one = post(daemon, "/v1/dead-letters/acts", act).header("location");
  finished(daemon, one);
  const json acts = request(daemon.port(), "GET", "/v1/dead-letters/acts?limit=5").json()["acts"];
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_EQ(acts[0]["done"], 2);
  EXPECT_FALSE(acts[0].contains("refusals"));
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters/acts?limit=101").code(), "invalid_parameter");
  EXPECT_EQ(post(daemon, one + "/stop", {{"who", "bob"}}).code(), "missing_field");
  EXPECT_EQ(post(daemon, one + "/stop", {{"who", "bob"}, {"why", "late"}}).code(), "state_forbids");
  EXPECT_EQ(post(daemon, "/v1/dead-letters/acts/00000009/stop", {{"who", "bob"}, {"why", "w"}}).status, 404);
}

TEST(Hands, ABulkActThatMakesNoSenseIsRefused) {
  TestDaemon daemon;
  const json good = {{"who", "ann"}, {"why", "w"}, {"act", "retry"}};
  const auto code = [&](const json& change) {
    json body = good;
    body.update(change);
    const RawAnswer answer = post(daemon, "/v1/dead-letters/acts", body);
    return answer.code() + answer.json().value("pointer", "");
  };
  EXPECT_EQ(code({{"act", "destroy"}}), "invalid_field/act");
  EXPECT_EQ(code({{"limit", 10'001}}), "invalid_field/limit");
  EXPECT_EQ(code({{"cause", "luck"}}), "invalid_field/cause");
  EXPECT_EQ(code({{"to", "bob"}}), "invalid_field/to");
  EXPECT_EQ(code({{"act", "note"}}), "missing_field/text");
  EXPECT_EQ(code({{"act", "resolve"}}), "missing_field/resolution");
  EXPECT_EQ(code({{"unassigned", true}, {"assignee", "bob"}}), "invalid_field/unassigned");
  EXPECT_EQ(code({{"dry_run", "yes"}}), "invalid_field/dry_run");
  EXPECT_EQ(code({{"since", "2026-01-31T12:00:00Z"}}), "invalid_field/since");
  EXPECT_EQ(code({{"act", "reopen"}}), "missing_field/code") << "not all that was ever cancelled";
  EXPECT_EQ(code({{"act", "reopen"}, {"code", "c"}, {"since", "then"}}), "invalid_field/since");
  EXPECT_EQ(code({{"act", "reopen"}, {"code", "c"}, {"target", "card"}}), "invalid_field/target");
}

TEST(Hands, I17_ASweepAnswersWhatItFound) {
  TestDaemon daemon(faulty);
  parked(daemon, 3);
  const RawAnswer answer = request(daemon.port(), "POST", "/v1/sweep");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["purchases"], 3);
  EXPECT_EQ(answer.json()["repaired"], 0);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/status").json()["sweeps"], 1);
}

}  // namespace
}  // namespace settle::test
