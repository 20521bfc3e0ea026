// The auditor who follows the journal through the engine, page by page, over crashes: each record once, in
// its shard's order, and only what is durable (I24).

#include "oracle.hpp"
#include "people.hpp"
#include "world.hpp"

namespace settle::sim {

void People::follow() {
  world_.time.after(auditor_.delay(500, 600'000), [this] {
    if (resting_) return;
    read_page();
    follow();
  });
}

void People::read_page() {
  world_.daemon.run([this](Engine& engine) {
    const std::size_t limit = auditor_.below(60) + 1;
    const Result<JournalPage> page = engine.journal(cursor_, std::nullopt, limit);
    if (!page) return;  // the disk: the next look goes on from here
    world_.oracle.audited(*page, limit);
    cursor_ = page->next_cursor;
  });
}

void Oracle::audited(const JournalPage& page, std::size_t limit) {
  if (page.records.size() > limit) fail("a page of the journal is longer than was asked");
  for (const Record& record : page.records) {
    std::uint64_t& next = audited_next_[record.position.shard.number];
    if (record.position.lsn != next)
      fail("I24: the auditor, who goes on at " + std::to_string(next) + ", got " + record.position.text());
    if (record.position.lsn >= log_.next(record.position.shard))
      fail("I3: the auditor was shown " + record.position.text() + " before it was durable");
    ++next;
  }
}

// With patience everything is seen, and then nothing more comes.
void Oracle::check_audited() {
  std::size_t before = 0, after = 1;
  const auto seen = [this] {
    std::size_t all = 0;
    for (const std::uint64_t next : audited_next_) all += next - 1;
    return all;
  };
  while (before != after) {
    before = seen();
    world_.people.read_page();
    after = seen();
  }
  if (after != log_.records())
    fail("I24: following the journal shows " + std::to_string(after) + " of " +
         std::to_string(log_.records()) + " records");
}

}  // namespace settle::sim
