// Whose folder it is: in use, foreign, unwritable, of another version, of another key.

#include <gtest/gtest.h>

#include <fstream>

#include "journal_victim.hpp"
#include "rocks_support.hpp"

namespace settle {
namespace {

class RocksFolder : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "journal"; }
  std::filesystem::path file() const { return path() / "SETTLE_JOURNAL"; }
  void make() { open_rocks(path()).reset(); }
  std::string code() const { return code_of_opening(rocks_options(path())); }
  std::string read() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::trunc) << text; }

 private:
  TemporaryFolder folder_;
};

TEST_F(RocksFolder, I15_ASecondProcessIsRefusedAndToldWhere) {
  const auto journal = open_rocks(path());
  const auto second = open_rocks_journal(rocks_options(path()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, "folder_in_use");
  EXPECT_NE(second.error().detail.find(path().string()), std::string::npos);
  EXPECT_TRUE(journal->open_shard(ShardId{0}).ok()) << "the first is not disturbed";
}

TEST_F(RocksFolder, I15_AHeldFolderIsFreeAgainWhenItsProcessIsKilled) {
  Victim victim(path(), true);
  Acknowledged opened;
  ASSERT_TRUE(victim.next(opened));
  EXPECT_EQ(code(), "folder_in_use");
  EXPECT_EQ(victim.kill(), -1);
  EXPECT_EQ(code(), "ok");
}

TEST_F(RocksFolder, ThatIsNotEmptyAndNoJournalIsLeftAlone) {
  std::filesystem::create_directories(path());
  std::ofstream(path() / "letters.txt") << "dear";
  EXPECT_EQ(code(), "folder_foreign");
  EXPECT_FALSE(holds_journal(path()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path()), {}), 1);
  write("something else\n");
  EXPECT_EQ(code(), "folder_foreign");
}

TEST_F(RocksFolder, ThatCannotBeMadeIsToldAsSuch) {
  std::ofstream(path()) << "a file where the folder should be";
  EXPECT_EQ(code(), "folder_unwritable");
  EXPECT_EQ(code_of_opening(rocks_options(path() / "below")), "folder_unwritable");
}

TEST_F(RocksFolder, KeepsItsShardCountAndItsKey) {
  make();
  EXPECT_TRUE(holds_journal(path()));
  auto options = rocks_options(path());
  options.shard_count = 3;
  {
    const auto journal = open_rocks_journal(options);
    ASSERT_TRUE(journal.ok());
    EXPECT_EQ((*journal)->shard_count(), contract_shards);
  }
  options.key_id = "fedcba9876543210";
  EXPECT_EQ(code_of_opening(options), "key_mismatch");
  options.key_id.clear();
  EXPECT_EQ(code_of_opening(options), "key_mismatch");
}

TEST_F(RocksFolder, I27_AFormatOfTheFutureIsRefused) {
  make();
  auto text = read();
  write(text.replace(text.find(" 1\n"), 3, " 2\nwhatever else\n"));
  EXPECT_EQ(code(), "format_unsupported");
  EXPECT_TRUE(holds_journal(path()));
}

TEST_F(RocksFolder, I22_EveryDamageOfTheTextFileIsNoticed) {
  make();
  const auto whole = read();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    write(bent);
    EXPECT_NE(code(), "ok") << at << ": " << bent;
    write(whole.substr(0, at));
    EXPECT_NE(code(), "ok") << at;
  }
  write(whole);
  EXPECT_EQ(code(), "ok");
}

TEST_F(RocksFolder, I22_ThatHasLostItsDataIsNotMadeAnew) {
  make();
  std::filesystem::rename(path() / "rocksdb", path() / "elsewhere");
  EXPECT_EQ(code(), "damaged");
  std::filesystem::rename(path() / "elsewhere", path() / "rocksdb");
  EXPECT_EQ(code(), "ok");
}

TEST_F(RocksFolder, I22_AnInterruptedMakingIsDoneOver) {
  make();
  auto text = read();
  // As if the end came before the file said "ready".
  write(text.replace(text.find("ready"), 5, "new"));
  EXPECT_FALSE(holds_journal(path()));
  EXPECT_EQ(code(), "ok");
  EXPECT_TRUE(holds_journal(path()));
  // Or before there was anything else.
  std::filesystem::remove_all(path() / "rocksdb");
  write(text);
  EXPECT_EQ(code(), "ok");
}

}  // namespace
}  // namespace settle
