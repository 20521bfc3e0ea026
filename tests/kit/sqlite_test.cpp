// The transaction whose first error sticks.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support.hpp"

namespace settle::kit::test {
namespace {

TEST(Sqlite, TheFirstErrorSticksAndNothingIsCommitted) {
  auto database = Database::open(":memory:").value();
  {
    Transaction transaction = database->begin();
    transaction.run("CREATE TABLE t (x INTEGER NOT NULL)");
    ASSERT_TRUE(transaction.commit());
  }
  {
    Transaction transaction = database->begin();
    EXPECT_EQ(transaction.run("INSERT INTO t VALUES (1)"), 1);
    transaction.run("INSERT INTO t VALUES (NULL)");
    EXPECT_TRUE(transaction.failed());
    EXPECT_EQ(transaction.run("INSERT INTO t VALUES (2)"), 0);
    const Status committed = transaction.commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, "database");
  }
  Transaction transaction = database->begin();
  EXPECT_TRUE(transaction.rows("SELECT x FROM t").empty());
}

TEST(Sqlite, ATransactionThatIsDroppedIsUndone) {
  auto database = Database::open(":memory:").value();
  { database->begin().run("CREATE TABLE t (x)"); }
  Transaction transaction = database->begin();
  EXPECT_FALSE(transaction.row("SELECT 1 FROM sqlite_master WHERE name = 't'"));
}

TEST(Sqlite, AFailedWorkAnswers503AndLeavesNoFenceButTheEpoch) {
  auto database = Database::open(":memory:").value();
  const Local broken{[](const Call&, Transaction& transaction) {
    transaction.run("INSERT INTO no_such_table VALUES (1)");
    return Answer::done();
  }};
  const auto participant = Participant::create(*database, secrets(), {broken, broken, broken}).value();
  CallSpec spec;
  spec.epoch = "3:9";
  EXPECT_EQ(participant->handle(Operation::try_, request_of(spec)).status, 503);
  Transaction transaction = database->begin();
  EXPECT_FALSE(transaction.row("SELECT 1 FROM kit_fence"));
  EXPECT_EQ(transaction.row("SELECT epoch FROM kit_epoch WHERE shard = 3")->integer(0), 9);
}

TEST(Sqlite, TheFileIsNobodyElsesAndDurable) {
  const TempDir folder;
  auto database = Database::open(folder.file("x.db")).value();
  struct stat info {};
  ASSERT_EQ(::stat(folder.file("x.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  Transaction transaction = database->begin();
  EXPECT_EQ(transaction.row("PRAGMA synchronous")->integer(0), 2);
  EXPECT_EQ(transaction.row("PRAGMA journal_mode")->text(0), "wal");
}

TEST(Sqlite, APlaceThatCannotBeWrittenIsAnError) {
  const auto opened = Database::open("/nonexistent/folder/x.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "database_open");
}

}  // namespace
}  // namespace settle::kit::test
