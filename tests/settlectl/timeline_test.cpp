// A journal record is told in words: who did what, what came of it, and why.

#include "timeline.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace settle::ctl {
namespace {

const std::vector<std::string> steps = {"reserve", "charge"};

Moment told(const std::string& record) {
  return moment_of(Json::parse(record), steps);
}

TEST(Timeline, AnAnswerWithItsCause) {
  const Moment moment = told(
      R"({"at": "1970-01-01T00:00:02.000Z", "event": "answered", "fields": {"step": 1, "operation": "try",
      "attempt": 2, "outcome": "unknown", "cause": "answer_timeout", "code": "answer_timeout", "took_ms": 5000},
      "transitions": [{"step": 1, "from": "trying", "to": "in_doubt", "trigger": "unknown"}]})");
  EXPECT_EQ(moment.at_ms, 2000);
  EXPECT_EQ(moment.step, "charge");
  EXPECT_EQ(moment.what, "try 2: unknown, answer_timeout, in 5000 ms");
  EXPECT_EQ(moment.changes, "trying → in_doubt");
  EXPECT_TRUE(moment.bad);
  EXPECT_FALSE(moment.human);
}

TEST(Timeline, ARefusalThatCancelsEverything) {
  const Moment moment = told(
      R"({"event": "answered", "fields": {"step": 0, "step_name": "reserve", "operation": "try", "attempt": 1,
      "outcome": "refused", "cause": "business_refusal", "status": 409, "code": "out_of_stock", "detail": "none left"},
      "transitions": [{"step": 0, "step_name": "reserve", "from": "trying", "to": "rejected"},
                      {"step": 1, "from": "tried", "to": "cancelling"}, {"from": "trying", "to": "cancelling"}]})");
  EXPECT_EQ(moment.what, "try 1: refused, business_refusal, 409 out_of_stock: none left");
  EXPECT_EQ(moment.changes, "trying → rejected; charge tried → cancelling; purchase trying → cancelling");
}

TEST(Timeline, I25_ActsSayWhoAndWhy) {
  const Moment cancel =
      told(R"({"event": "cancel_requested", "fields": {"who": "ada", "why": "the buyer called"}})");
  EXPECT_EQ(cancel.what, "cancel asked for by ada: \"the buyer called\"");
  EXPECT_TRUE(cancel.human);
  const Moment resolved = told(
      R"({"event": "resolve_requested", "fields": {"who": "eve", "why": "x", "step": 1, "resolution": "done"}})");
  EXPECT_EQ(resolved.what, "resolved as done by eve: \"x\"");
  EXPECT_EQ(resolved.step, "charge");
  EXPECT_EQ(told(R"({"event": "resolve_requested", "fields": {"who": "eve", "why": "x", "resolution": "done",
                     "evidence": "letter 17", "proposed_by": "bob"}})")
                .what,
            "resolved as done by eve: \"x\", seen: letter 17, proposed by bob");
  EXPECT_EQ(told(R"({"event": "noted", "fields": {"who": "ada", "text": "asked"}})").what,
            "ada notes: asked");
  EXPECT_EQ(told(R"({"event": "assigned", "fields": {"who": "ada", "why": "x", "to": "bob"}})").what,
            "assigned to bob by ada: \"x\"");
  EXPECT_EQ(told(R"({"event": "assigned", "fields": {"who": "ada", "why": "x"}})").what,
            "assigned to nobody any more by ada: \"x\"");
}

TEST(Timeline, ParkingIsMarked) {
  EXPECT_TRUE(
      told(R"({"event": "due", "transitions": [{"step": 0, "from": "confirming", "to": "parked"}]})").bad);
  EXPECT_FALSE(told(R"({"event": "due"})").bad);
}

TEST(Timeline, OddRecordsDoNoHarm) {
  EXPECT_EQ(told(R"({})").what, "");
  EXPECT_EQ(told(R"({"event": "news", "fields": 7, "transitions": {"a": 1}})").what, "news");
  EXPECT_EQ(told(R"({"event": "answered", "fields": {"step": 99, "attempt": "x", "status": []}})").step,
            "step 99");
}

TEST(Timeline, TimesAreRelativeToTheFirst) {
  std::ostringstream out, err;
  const std::vector<Json> records = {
      Json::parse(R"({"at": "1970-01-01T00:00:01.000Z", "event": "submitted"})"),
      Json::parse(R"({"at": "1970-01-01T00:00:03.500Z", "event": "due"})")};
  print_timeline(Console{out, err}, records, steps);
  EXPECT_NE(out.str().find("+0.000 s        submitted"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("+2.500 s        its time has come"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace settle::ctl
