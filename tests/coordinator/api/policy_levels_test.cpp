// Policies by definition, step, operation and kind of error: the nearer wins, and what is stored is written
// out.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "settle/coordinator/engine.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

// Two steps; the text of a definition without its braces comes before them, that of step a within it.
Result<Definition> parsed(const std::string& definition, const std::string& step = "") {
  const std::string text = "{" + definition + R"("steps":[{"name":"a","mode":"tcc","target":"card")" + step +
                           R"(},{"name":"b","mode":"tcc","target":"card"}]})";
  return parse_definition("d", text);
}

const OperationSpec& spec(const Result<Definition>& d, std::size_t step, Operation op) {
  return d->steps[step].spec(op);
}

std::string kind(const OperationSpec& spec, Cause cause) {
  const CausePolicy* own = spec.for_cause(cause);
  return own != nullptr ? own->name : "-";
}

TEST(PolicyLevels, WhereNothingIsSaidTheDefaultsHold) {
  const auto d = parsed("");
  ASSERT_TRUE(d.ok());
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    const OperationSpec& plain = spec(d, 0, operation);
    EXPECT_EQ(plain.retry_name, default_spec(operation).retry_name);
    EXPECT_EQ(plain.on.size(), default_spec(operation).on.size());
  }
  EXPECT_EQ(kind(spec(d, 0, Operation::try_), Cause::throttled), "busy");
  EXPECT_TRUE(spec(d, 0, Operation::try_).for_cause(Cause::throttled)->apart);
}

TEST(PolicyLevels, APolicyOfTheDefinitionIsForAllItsOperations) {
  const auto d = parsed(R"("retry":"svix",)");
  ASSERT_TRUE(d.ok()) << d.error().detail;
  for (const std::size_t step : {0U, 1U}) {
    EXPECT_EQ(spec(d, step, Operation::try_).retry_name, "svix");
    EXPECT_EQ(spec(d, step, Operation::deliver).retry_name, "svix");
    EXPECT_TRUE(spec(d, step, Operation::try_).on.empty())
        << "the default kinds belong to the default policy";
  }
}

TEST(PolicyLevels, TheStepOverridesTheDefinitionAndTheOperationTheStep) {
  const auto d = parsed(R"("retry":{"try":"svix","confirm":"nmi"},"on":{"dns":"alipay","tls":"nmi"},)",
                        R"(,"retry":{"confirm":"alipay"},"on":{"dns":"svix"},
                            "confirm":{"retry":"graded","on":{"dns":"graded"}},
                            "cancel":{"on":{"reset":"nmi"}})");
  ASSERT_TRUE(d.ok()) << d.error().detail;
  EXPECT_EQ(spec(d, 0, Operation::try_).retry_name, "svix") << "of the definition";
  EXPECT_EQ(spec(d, 0, Operation::confirm).retry_name, "graded") << "of the operation";
  EXPECT_EQ(spec(d, 1, Operation::confirm).retry_name, "nmi");
  EXPECT_EQ(kind(spec(d, 0, Operation::try_), Cause::dns), "svix") << "of the step";
  EXPECT_EQ(kind(spec(d, 0, Operation::confirm), Cause::dns), "graded") << "of the operation";
  EXPECT_EQ(kind(spec(d, 0, Operation::confirm), Cause::tls), "nmi") << "of the definition";
  EXPECT_EQ(kind(spec(d, 1, Operation::try_), Cause::dns), "alipay");
  const OperationSpec& cancel = spec(d, 0, Operation::cancel);
  EXPECT_EQ(cancel.retry_name, "graded") << "nobody said otherwise";
  EXPECT_EQ(kind(cancel, Cause::reset), "nmi");
  EXPECT_EQ(kind(cancel, Cause::throttled), "busy") << "a default kind stays beside those that are said";
}

TEST(PolicyLevels, KindsStayInTheOrderInWhichTheyAreStored) {
  const auto d = parsed(R"("on":{"overload":"svix","dns":"svix","reset":"svix"},)");
  ASSERT_TRUE(d.ok());
  Cause last = Cause::none;
  for (const CausePolicy& one : spec(d, 0, Operation::try_).on) {
    EXPECT_LT(last, one.cause);
    last = one.cause;
  }
}

TEST(PolicyLevels, WhatIsCountedApartIsSaidOrFollowsFromThrottling) {
  const auto plain = parsed("", R"(,"confirm":{"on":{"throttled":"svix","reset":"nmi"}})");
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(spec(plain, 0, Operation::confirm).for_cause(Cause::throttled)->apart);
  EXPECT_FALSE(spec(plain, 0, Operation::confirm).for_cause(Cause::reset)->apart);
  const auto said =
      parsed("", R"(,"confirm":{"on":{"throttled":"svix","reset":"nmi"},"counted_apart":["reset"]})");
  ASSERT_TRUE(said.ok()) << said.error().detail;
  EXPECT_FALSE(spec(said, 0, Operation::confirm).for_cause(Cause::throttled)->apart);
  EXPECT_TRUE(spec(said, 0, Operation::confirm).for_cause(Cause::reset)->apart);
}

TEST(PolicyLevels, WhatIsWrongIsPointedAtWhereItIsWritten) {
  const std::tuple<const char*, const char*, const char*> bad[] = {
      {R"("retry":5,)", "", "/retry"},
      {R"("retry":{"tri":"svix"},)", "", "/retry/tri"},
      {R"("retry":{"try":{"kind":"fixed","base_ms":0}},)", "", "/retry/try/base_ms"},
      {R"("retry":{"kind":"fixed","base_ms":0},)", "", "/retry/base_ms"},
      {R"("retry":{"try":""},)", "", "/retry/try"},
      {R"("on":{"bad_luck":"svix"},)", "", "/on/bad_luck"},
      {R"("on":{"dns":{"kind":"schedule","waits_ms":[5,4]}},)", "", "/on/dns/waits_ms/1"},
      {"", R"(,"retry":{"query":7})", "/steps/0/retry/query"},
      {"", R"(,"on":[])", "/steps/0/on"},
      {"", R"(,"on":{"tls":{"kind":"fixed","attempts_max":1000000}})", "/steps/0/on/tls/attempts_max"},
      {"", R"(,"try":{"counted_apart":["reset"]})", "/steps/0/try/counted_apart/0"},
      {"", R"(,"try":{"counted_apart":"dns"})", "/steps/0/try/counted_apart"},
  };
  for (const auto& [definition, step, pointer] : bad) {
    const auto d = parsed(definition, step);
    ASSERT_FALSE(d.ok()) << definition << step;
    EXPECT_EQ(d.error().code, "invalid_definition");
    EXPECT_EQ(d.error().detail.rfind(std::string(pointer) + ":", 0), 0U) << d.error().detail;
  }
}

TEST(PolicyLevels, WhatIsStoredKnowsNoLevelsAndReadsAsItWas) {
  const auto d = parsed(R"("retry":{"try":"svix"},"on":{"dns":"alipay"},)", R"(,"retry":"nmi")");
  ASSERT_TRUE(d.ok()) << d.error().detail;
  const std::string text = definition_json(*d);
  EXPECT_FALSE(json::parse(text).contains("retry"));
  EXPECT_FALSE(json::parse(text)["steps"][0].contains("on"));
  for (const auto& read : {parse_definition("d", text), parse_stored_definition("d", text)}) {
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_EQ(definition_json(*read), text);
  }
}

// I27: what an older build stored has no kinds where it wrote none, and its caps count everything.
TEST(PolicyLevels, I27_AnOlderDefinitionGetsNothingOfTheseDefaults) {
  json older = json::parse(definition_json(purchase_definition()));
  for (json& step : older["steps"])
    for (const char* operation : {"try", "confirm", "cancel", "deliver", "query"}) {
      step[operation].erase("on");
      step[operation].erase("counted_apart");
    }
  older["steps"][1]["confirm"]["on"] = {{"throttled", "svix"}};
  const auto read = parse_stored_definition("purchase", older.dump());
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_TRUE(read->steps[0].spec(Operation::try_).on.empty());
  const OperationSpec& confirm = read->steps[1].spec(Operation::confirm);
  ASSERT_EQ(confirm.on.size(), 1U);
  EXPECT_FALSE(confirm.on[0].apart);
  const auto put_again = parse_definition("purchase", definition_json(*read));
  ASSERT_TRUE(put_again.ok()) << put_again.error().detail;
  EXPECT_EQ(definition_json(*put_again), definition_json(*read)) << "what was got can be put";
}

}  // namespace
}  // namespace settle::test
