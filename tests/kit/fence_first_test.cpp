// The variant for work that happens elsewhere: the fence is committed before the remote call leaves.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "support.hpp"

namespace settle::kit::test {
namespace {

// A remote side that knows idempotency keys, and can be held up.
struct Remote {
  std::mutex mutex;
  std::map<std::string, int> calls;
  std::vector<Prior> priors;
  int effects = 0;
  int at_once = 0;
  bool overlapped = false;
  std::atomic<bool> answers{true};
  std::function<void()> meanwhile;

  Answer act(const Call& call) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      overlapped = overlapped || ++at_once > 1;
      if (calls[call.key.text()]++ == 0) ++effects;
      priors.push_back(call.prior);
    }
    if (meanwhile) meanwhile();
    const std::lock_guard<std::mutex> lock(mutex);
    --at_once;
    if (!answers) return Answer::not_now("remote_silent", "the remote side did not answer");
    return Answer::done({{"remote", call.key.purchase}});
  }
};

struct Fixture {
  explicit Fixture(const std::string& file = ":memory:") : database(Database::open(file).value()) {
    const FenceFirst handler{[this](const Call& call) { return remote.act(call); }};
    ParticipantOptions options;
    options.at = [this](const Key&, Point point) {
      if (point == Point::fence_stored && at_fence) std::exchange(at_fence, nullptr)();
    };
    participant =
        Participant::create(*database, secrets(), {handler, handler, handler}, nullptr, options).value();
  }
  Response call(Operation operation) {
    CallSpec spec;
    spec.operation = operation;
    return participant->handle(operation, request_of(spec));
  }
  std::string state() { return json_of(call(Operation::query)).value("state", ""); }

  Remote remote;
  std::function<void()> at_fence;
  std::unique_ptr<Database> database;
  std::shared_ptr<Participant> participant;
};

TEST(FenceFirst, I12_TheFenceIsThereBeforeTheRemoteCallAndAnswersRepetitions) {
  Fixture fixture;
  fixture.remote.meanwhile = [&fixture] {
    fixture.remote.meanwhile = nullptr;
    EXPECT_EQ(fixture.state(), "pending");
    const Response repeated = fixture.call(Operation::try_);
    EXPECT_EQ(repeated.status, 425);
    EXPECT_EQ(code_of(repeated), "in_progress");
    EXPECT_EQ(fixture.call(Operation::cancel).status, 425);  // the try may still act: not now
  };
  const Response first = fixture.call(Operation::try_);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(fixture.call(Operation::try_).body, first.body);
  EXPECT_EQ(fixture.remote.effects, 1);
  EXPECT_EQ(fixture.state(), "tried");
  EXPECT_EQ(fixture.call(Operation::confirm).status, 200);
  EXPECT_EQ(fixture.state(), "confirmed");
}

// The call was not known to be under way until a moment after its fence was stored: a repetition in that
// moment took it for one whose worker had died, and the remote side was called twice at once.
TEST(FenceFirst, I12_ARepetitionRightAfterTheFenceIsToldToWait) {
  Fixture fixture;
  fixture.at_fence = [&fixture] { EXPECT_EQ(fixture.call(Operation::try_).status, 425); };
  EXPECT_EQ(fixture.call(Operation::try_).status, 200);
  EXPECT_EQ(fixture.remote.calls.begin()->second, 1);
}

TEST(FenceFirst, ARemoteSideThatWasSilentIsAskedAgainUnderTheSameKey) {
  Fixture fixture;
  fixture.remote.answers = false;
  EXPECT_EQ(fixture.call(Operation::try_).status, 503);
  EXPECT_EQ(fixture.state(), "pending");  // it may have acted: the fence stays
  fixture.remote.answers = true;
  EXPECT_EQ(fixture.call(Operation::try_).status, 200);
  EXPECT_EQ(fixture.remote.effects, 1);
}

TEST(FenceFirst, I6_ACancelAfterADiedTryTellsThatItIsInDoubtAndFencesIt) {
  const TempDir folder;
  {
    Fixture before(folder.file("x.db"));
    before.remote.answers = false;
    before.call(Operation::try_);
  }
  Fixture fixture(folder.file("x.db"));
  EXPECT_EQ(fixture.call(Operation::cancel).status, 200);
  ASSERT_EQ(fixture.remote.priors.size(), 1U);
  EXPECT_EQ(fixture.remote.priors[0], Prior::in_doubt);
  EXPECT_EQ(fixture.state(), "cancelled");
  EXPECT_EQ(code_of(fixture.call(Operation::try_)), "fenced");
  EXPECT_EQ(fixture.remote.effects, 1);  // the cancel alone
}

TEST(FenceFirst, I9_EmptyCancelReachesNobody) {
  Fixture fixture;
  EXPECT_EQ(fixture.call(Operation::cancel).status, 200);
  EXPECT_EQ(fixture.remote.effects, 0);
  EXPECT_EQ(code_of(fixture.call(Operation::try_)), "fenced");
  EXPECT_EQ(fixture.remote.effects, 0);
}

TEST(FenceFirst, I12_ConcurrentRepetitionsNeverReachTheRemoteSideTwiceAtOnce) {
  Fixture fixture;
  fixture.remote.meanwhile = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int n = 0; n < 8; ++n) {
    threads.emplace_back([&fixture, &done] {
      for (int i = 0; i < 20; ++i) {
        const int status = fixture.call(Operation::try_).status;
        EXPECT_TRUE(status == 200 || status == 425) << status;
        if (status == 200) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(done, 0);
  EXPECT_FALSE(fixture.remote.overlapped);
  EXPECT_EQ(fixture.remote.calls.begin()->second, 1);
}

}  // namespace
}  // namespace settle::kit::test
