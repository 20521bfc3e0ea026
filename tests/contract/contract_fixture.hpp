#pragma once
// The parameterised fixture of the contract: one instance per engine and test.

#include <gtest/gtest.h>

#include <vector>

#include "journal_engine.hpp"

namespace settle {

class JournalContract : public testing::TestWithParam<JournalEngineFactory> {
 protected:
  void SetUp() override { engine_ = GetParam().make(); }

  JournalEngine& engine() { return *engine_; }
  Journal& journal() { return engine_->journal(); }

  Epoch open(ShardId shard) {
    const auto opened = journal().open_shard(shard);
    EXPECT_TRUE(opened.ok()) << opened.error().code << ": " << opened.error().detail;
    return opened.ok() ? opened->epoch : Epoch{};
  }
  Appended must_append(Append append) {
    const auto appended = journal().append(std::move(append));
    EXPECT_TRUE(appended.ok()) << appended.error().code << ": " << appended.error().detail;
    return appended.ok() ? *appended : Appended{};
  }
  std::string code_of(Append append) {
    const auto appended = journal().append(std::move(append));
    return appended.ok() ? "ok" : appended.error().code;
  }
  void must_flush() {
    const auto flushed = journal().flush();
    EXPECT_TRUE(flushed.ok()) << flushed.error().detail;
  }

 private:
  std::unique_ptr<JournalEngine> engine_;
};

}  // namespace settle
