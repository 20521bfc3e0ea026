#include "journal_engine.hpp"
#include "settle/wal/memory_journal.hpp"

namespace settle {
namespace {

class MemoryEngine final : public JournalEngine {
 public:
  Journal& journal() override { return *journal_; }
  void reopen() override {
    SETTLE_CHECK(journal_->sync().ok());
    journal_ = journal_->crash(0);
  }
  void crash() override { journal_ = journal_->crash(journal_->unsynced() / 2); }
  void let_linger_pass(Ticket) override { SETTLE_CHECK(journal_->sync().ok()); }

 private:
  std::unique_ptr<MemoryJournal> journal_ = MemoryJournal::create(contract_shards);
};

}  // namespace

std::unique_ptr<JournalEngine> make_memory_engine() {
  return std::make_unique<MemoryEngine>();
}

}  // namespace settle
