#include <chrono>
#include <thread>

#include "fault_file_system.hpp"
#include "journal_engine.hpp"
#include "rocks_support.hpp"

namespace settle {
namespace {

class RocksEngine final : public JournalEngine {
 public:
  RocksEngine() { open(); }

  Journal& journal() override { return *journal_; }
  void reopen() override {
    journal_.reset();
    open();
  }
  void crash() override {
    files_->freeze();
    journal_.reset();
    open();
  }
  void let_linger_pass(Ticket ticket) override {
    std::atomic<std::uint64_t> durable{0};
    const int handle = journal_->listen([&](Ticket at, const Status&) { durable = at.number; });
    std::uint64_t patience = 1'000;
    while (durable < ticket.number && journal_->figures().syncs == 0 && --patience > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    journal_->unlisten(handle);
    SETTLE_CHECK(patience > 0);
  }

 private:
  void open() {
    files_ = std::make_shared<FaultFileSystem>();
    journal_ = open_rocks(folder_.path() / "journal", files_);
  }

  TemporaryFolder folder_;
  std::shared_ptr<FaultFileSystem> files_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace

std::unique_ptr<JournalEngine> make_rocks_engine() {
  return std::make_unique<RocksEngine>();
}

}  // namespace settle
