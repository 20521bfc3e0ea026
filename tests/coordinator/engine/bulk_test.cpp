// One act on many dead letters: counted, foreseen, done once each, and gone on with after a crash at any
// point (A10, I22, I25).

#include "bulk_support.hpp"

namespace settle::test {
namespace {

TEST(Bulk, CountsByFilterAndCause) {
  World world(faults(3));
  park(world, 3);
  const LetterCount all = count(world);
  EXPECT_EQ(all.letters, 3U);
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(all.by_cause.at(Cause::bad_status), 3U);
  ListQuery others = letters();
  others.step = "issue";
  EXPECT_EQ(count(world, others).letters, 0U);
  others = letters();
  others.operation = Operation::confirm;
  others.step = "charge";
  others.assignee = "";
  EXPECT_EQ(count(world, others).letters, 3U) << "nobody looks after them";
  others.assignee = "bob";
  EXPECT_EQ(count(world, others).letters, 0U);
}

TEST(Bulk, ADryRunSaysWhatWouldHappenAndDoesNothing) {
  World world(faults(purchases));
  park(world, purchases);
  const auto appends = world.journal->figures().appends;
  const auto foresee = [&world](Deed deed) { return test::foresee(world, order(deed)); };
  const BulkForecast retry = foresee(Deed::retry);
  EXPECT_EQ(retry.matched, static_cast<std::uint64_t>(purchases));
  EXPECT_TRUE(retry.exact);
  ASSERT_EQ(retry.first.size(), forecasts_shown);
  EXPECT_EQ(retry.first[0].would, "charge parked to confirming; calls confirm of charge");
  EXPECT_FALSE(retry.first[0].refused);
  const BulkForecast cancel = foresee(Deed::cancel);
  EXPECT_TRUE(cancel.first.at(0).refused);
  EXPECT_NE(cancel.first[0].would.find("decided: commit"), std::string::npos) << cancel.first[0].would;
  EXPECT_EQ(foresee(Deed::reopen).matched, 0U) << "none was cancelled";
  EXPECT_EQ(world.journal->figures().appends, appends);
}

TEST(Bulk, I25_EachIsDoneOnceWithItsOwnRecord) {
  World world(faults(purchases));
  park(world, purchases);
  const BulkReport report = bulk(world, order(Deed::retry));
  EXPECT_EQ(report.matched, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(report.done, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(report.refused + report.failed, 0U);
  EXPECT_EQ(report.order.act.why, "the bank is back (bulk act " + report.id + ")");
  world.run();
  const auto made = acts<RetryRequested>(world);
  EXPECT_EQ(made.size(), static_cast<std::size_t>(purchases));
  for (const auto& [id, times] : made) EXPECT_EQ(times, 1) << id.text();
  EXPECT_EQ(count(world).letters, 0U);
  world.check_books("after a bulk retry");
}

TEST(Bulk, StopsAtItsLimitAndTellsWhatWasRefused) {
  World world(faults(purchases));
  park(world, purchases);
  BulkOrder some = order(Deed::retry);
  some.targets_max = 7;
  EXPECT_EQ(bulk(world, some).done, 7U);
  world.run();
  EXPECT_EQ(count(world).letters, static_cast<std::uint64_t>(purchases - 7));
  const BulkReport refused = bulk(world, order(Deed::cancel));
  EXPECT_EQ(refused.refused, static_cast<std::uint64_t>(purchases - 7));
  EXPECT_EQ(refused.done, 0U);
  ASSERT_EQ(refused.refusals.size(), static_cast<std::size_t>(purchases - 7));
  EXPECT_EQ(refused.refusals[0].code, "state_forbids");
}

TEST(Bulk, OneAtATimeAndTheNewestAreKept) {
  World world(faults(2));
  park(world, 2);
  Answer<BulkReport> first, second;
  world.engine->begin_bulk(order(Deed::note), first.then());
  world.engine->begin_bulk(order(Deed::note), second.then());
  EXPECT_FALSE(second.said) << "refused for a bulk act that a crash could take back";
  const std::string id = first.wait(world).id;
  while (!second.said && world.step()) {
  }
  ASSERT_TRUE(second.said && !second.said->ok());
  EXPECT_EQ(second.said->error().code, "bulk_act_running");
  to_its_end(world, id);
  world.run();
  for (std::size_t i = 0; i < Engine::bulk_acts_kept; ++i) bulk(world, order(Deed::assign)), world.run();
  EXPECT_EQ(world.engine->bulk_report(id).error().code, "not_found");
  world.restart(0);
  world.run();
  EXPECT_TRUE(world.engine->bulk_report("00000101").ok());
  EXPECT_EQ(world.engine->bulk_report("00000001").error().code, "not_found");
}

// What waits for a second person has moved nothing: it is not done.
TEST(Bulk, I25_ProposalsAreCountedApartUntilASecondPersonSaysTheSame) {
  World world(faults(3));
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  park(world, 3);
  for (auto& [id, books] : world.books) books["charge"].confirmed = true;  // the bank did it by hand
  const BulkReport proposed = bulk(world, order(Deed::resolve));
  EXPECT_EQ(proposed.proposed, 3U);
  EXPECT_EQ(proposed.done, 0U);
  EXPECT_EQ(proposed.refused + proposed.failed, 0U);
  EXPECT_EQ(count(world).letters, 3U);
  EXPECT_EQ(bulk(world, order(Deed::assign)).done, 3U) << "what else is done meanwhile is done";
  BulkOrder again = order(Deed::resolve);
  again.act.who = " Ann ";
  const BulkReport herself = bulk(world, again);
  EXPECT_EQ(herself.refused, 3U) << "the same person, written otherwise";
  EXPECT_EQ(herself.done + herself.proposed, 0U);
  again.act.who = "bob";
  const BulkReport done = bulk(world, again);
  EXPECT_EQ(done.done, 3U);
  EXPECT_EQ(done.proposed, 0U);
  EXPECT_EQ(count(world).letters, 0U);
  world.restart(0);
  EXPECT_EQ(world.engine->bulk_report(proposed.id)->proposed, 3U) << "it is kept";
}

World::Script refusals(int count) {
  return {{"charge:try", std::vector<Behaviour>(static_cast<std::size_t>(count), Behaviour::refuse)}};
}

TEST(Bulk, I14_ReopenTakesWhatWasCancelledForAReasonOnce) {
  World world(refusals(purchases));
  park(world, purchases);
  world.submit(world.request("k-well"));
  world.run();
  ASSERT_EQ(world.engine->figures().cancelled, static_cast<std::uint64_t>(purchases));
  BulkOrder other = order(Deed::reopen);
  other.letters.reason = "deadline_passed";
  EXPECT_EQ(foresee(world, other).matched, 0U);
  const BulkForecast forecast = foresee(world, order(Deed::reopen));
  EXPECT_EQ(forecast.matched, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(forecast.first.at(0).would, "begin again as a new purchase");
  const BulkReport report = bulk(world, order(Deed::reopen));
  EXPECT_EQ(report.done, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(report.refused + report.failed, 0U);
  world.run();
  EXPECT_EQ(world.engine->figures().completed, static_cast<std::uint64_t>(purchases) + 1);
  EXPECT_EQ(bulk(world, order(Deed::reopen)).matched, 0U) << "each has its successor";
  EXPECT_EQ(acts<Reopened>(world).size(), static_cast<std::size_t>(purchases));
  world.check_books("after a bulk reopen");
}

TEST(Bulk, ReopenIsNarrowedByMerchantDefinitionAndTime) {
  World world(refusals(3));
  std::vector<TimeMs> at;
  for (int i = 0; i < 3; ++i) {
    at.push_back(world.submit(world.request("k" + std::to_string(i)))[0]->purchase.submitted_at);
    world.run();
    world.pass(DurationMs{60'000});
  }
  const auto matched = [&world](auto change) {
    BulkOrder wanted = order(Deed::reopen);
    change(wanted.letters);
    return foresee(world, wanted).matched;
  };
  EXPECT_EQ(matched([](ListQuery& q) { q.merchant = "m-1"; }), 3U);
  EXPECT_EQ(matched([](ListQuery& q) { q.merchant = "m-2"; }), 0U);
  EXPECT_EQ(matched([](ListQuery& q) { q.definition = "purchase"; }), 3U);
  EXPECT_EQ(matched([](ListQuery& q) { q.definition = "another"; }), 0U);
  EXPECT_EQ(matched([&](ListQuery& q) { q.since = at[1]; }), 2U);
  EXPECT_EQ(matched([&](ListQuery& q) { q.until = at[1]; }), 1U);
  EXPECT_EQ(matched([&](ListQuery& q) { q.since = at[1], q.until = at[2]; }), 1U);
}

// The dry run of a reopen looks at what the act looks at.
TEST(Bulk, ADryRunOfAReopenForeseesEachRefusal) {
  World world(refusals(3));
  std::vector<PurchaseId> ids;
  for (const char* cart : {"cart-1", "cart-2", ""}) {
    ids.push_back(world.submit(world.request("k" + std::to_string(ids.size()), cart))[0]->purchase.id);
    world.run();
  }
  world.submit(world.request("k-again", "cart-1"));  // the buyer came again by herself
  world.run();
  const auto refused = [&world] {
    std::size_t count = 0;
    const BulkForecast forecast = foresee(world, order(Deed::reopen));
    for (const BulkForecast::One& one : forecast.first) count += one.refused ? 1 : 0;
    return count;
  };
  EXPECT_EQ(refused(), 1U) << "the cart was bought";
  Answer<Done> erased;
  world.engine->erase_merchant("m-1", erased.then());
  erased.wait(world);
  EXPECT_EQ(refused(), 3U) << "the merchant is gone";
  const BulkReport report = bulk(world, order(Deed::reopen));
  EXPECT_EQ(report.refused, 3U);
  EXPECT_EQ(report.done, 0U);
}

TEST(Bulk, I25_IsStoppedByAPersonAndARestartRemembers) {
  for (const bool restarts : {false, true}) {
    World world(faults(2 * purchases));
    park(world, 2 * purchases);
    Answer<BulkReport> begun, stopped;
    world.engine->begin_bulk(order(Deed::note), begun.then());
    const std::string id = begun.wait(world).id;
    world.engine->stop_bulk(id, {"bob", "the wrong ones"}, stopped.then());
    EXPECT_FALSE(stopped.said) << "answered before that is durable";
    const BulkReport said = stopped.wait(world);
    EXPECT_EQ(said.stopped.who, "bob");
    if (restarts) world.restart(0);
    const BulkReport report = to_its_end(world, id);
    EXPECT_EQ(report.stopped.why, "the wrong ones");
    EXPECT_LT(report.matched, static_cast<std::uint64_t>(2 * purchases)) << "nothing more is taken in hand";
    EXPECT_EQ(report.done, report.matched) << "what was in hand is ended";
    EXPECT_TRUE(world.recorded("bulk_act_stopped"));
    world.run();
    Answer<BulkReport> late, unknown;
    world.engine->stop_bulk(id, {"bob", "again"}, late.then());
    world.engine->stop_bulk("00000099", {"bob", "what"}, unknown.then());
    ASSERT_TRUE(late.said && unknown.said);
    EXPECT_EQ(late.said->error().code, "state_forbids");
    EXPECT_EQ(unknown.said->error().code, "not_found");
    EXPECT_EQ(bulk(world, order(Deed::assign)).done, static_cast<std::uint64_t>(2 * purchases))
        << "the next one may begin";
  }
}

TEST(Bulk, TheNewestReportsAreListedFirst) {
  World world(faults(1));
  park(world, 1);
  for (int i = 0; i < 3; ++i) bulk(world, order(Deed::note)), world.run();
  const auto two = world.engine->bulk_reports(2);
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ((*two)[0].id, "00000003");
  EXPECT_EQ((*two)[1].id, "00000002");
  world.restart(0);
  EXPECT_EQ(world.engine->bulk_reports(100)->size(), 3U);
}

}  // namespace
}  // namespace settle::test
