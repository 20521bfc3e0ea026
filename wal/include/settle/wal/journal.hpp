#pragma once
// The journal: what happened, in order, durable, and what must be found again quickly. Nothing outside wal/
// knows which engine is behind it; tests/contract holds every engine to the same contract.
//
// A journal is a set of shard logs. A record's position is shard:LSN; LSNs of a shard start at 1 and have no
// gaps. Beside the records, and atomically with them, an append carries state: the purchase's snapshot,
// its due time, documents (registry, definitions, claims) and index entries. Records are the truth; state is
// what they lead to.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

struct Position {
  ShardId shard;
  std::uint64_t lsn = 0;
  friend bool operator==(const Position& a, const Position& b) {
    return a.shard == b.shard && a.lsn == b.lsn;
  }
  // "SHARD:LSN", two decimal numbers, as people and errors write it.
  std::string text() const;
};

// Each taking of a shard by a coordinator raises its epoch; a writer with an older one is fenced (I15).
struct Epoch {
  std::uint64_t number = 0;
  friend bool operator==(Epoch a, Epoch b) { return a.number == b.number; }
  friend bool operator<(Epoch a, Epoch b) { return a.number < b.number; }
};

// Numbers are on disk: never reuse one.
enum class RecordKind : std::uint8_t {
  purchase = 1,   // an event of a purchase and the transitions it caused
  registry = 2,   // a participant, merchant or definition was put or deleted
  operation = 3,  // an operator's act on the whole (pause, resume)
  claim = 4,      // a cart was claimed or released
  engine = 5,     // the engine's own notes: started, stopped, clock divergence
};

// 32 bytes, SHA-256 over the record and the hash before it: the chain. The first record's `previous` is zero.
using ChainHash = std::array<std::uint8_t, 32>;

struct Record {
  Position position;
  Epoch epoch;
  RecordKind kind = RecordKind::purchase;
  TimeMs at;                // engine time of the event
  PurchaseId purchase;      // zero where the record is of none
  std::string event;        // encoded, see codec.hpp; JSON text for the other kinds
  std::string transitions;  // encoded, see codec.hpp; empty for the other kinds
  ChainHash previous{};
  ChainHash hash{};
};

// A named value that is replaced as a whole. `value` absent: deleted.
struct DocumentChange {
  std::string kind, key;  // kind: [a-z_]{1,32}; key: 1..512 bytes
  std::optional<std::string> value;
};
struct Document {
  std::string kind, key, value;
};

// A secondary index: `name` and `value` find purchases in the order of `at`. The journal does not interpret
// them.
struct IndexChange {
  bool put = true;          // false: remove
  std::string name, value;  // name: [a-z_]{1,16}; value: at most 512 bytes
  TimeMs at;
  PurchaseId purchase;
};

struct Append {
  ShardId shard;
  Epoch epoch;  // the writer's; an older one than the shard's is refused with code `fenced`
  RecordKind kind = RecordKind::purchase;
  TimeMs at;
  PurchaseId purchase;
  std::string event, transitions;
  bool sync =
      true;  // false: nothing waits for it, it may ride with a later sync (at most linger_ms_max later)

  std::optional<std::string> snapshot;  // the purchase after this record; replaces the one before
  TimeMs due_remove, due_put;           // the purchase's entry in the due-time index; 0: none
  std::vector<DocumentChange> documents;
  std::vector<IndexChange> indexes;
  std::uint64_t recovery_floor = 0;  // tail() of this shard starts here from now on; 0: as before
};

inline constexpr int linger_ms_max = 20;
// Event, transitions, snapshot, documents and indexes together; an append with more is refused with
// `too_large`.
inline constexpr std::size_t record_bytes_max = 4 << 20;

// Numbers start at 1 with each opening of a journal. Appends are durable in the order of their tickets, over
// all shards.
struct Ticket {
  std::uint64_t number = 0;
  friend bool operator==(Ticket a, Ticket b) { return a.number == b.number; }
  friend bool operator<(Ticket a, Ticket b) { return a.number < b.number; }
};

struct Appended {
  Position position;
  Ticket ticket;
};

struct Snapshot {
  std::string state;      // encoded purchase, see codec.hpp
  std::uint64_t lsn = 0;  // of the record that it includes last
};

struct DueEntry {
  TimeMs at;
  PurchaseId purchase;
};

struct OpenedShard {
  Epoch epoch;             // of the new owner
  std::uint64_t head = 0;  // LSN of the last record; 0: none
  TimeMs last_at;          // time of the last record
};

// Upper bounds of the figures' histograms, inclusive; one bin more is for what is above.
inline constexpr std::array<std::uint64_t, 14> sync_us_bounds{
    100,    250,    500,     1'000,   2'500,     5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};
inline constexpr std::array<std::uint64_t, 10> sync_records_bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 1'024};

struct JournalFigures {
  std::uint64_t appends = 0, syncs = 0, bytes = 0;  // since opening; bytes of records before compression
  // How long the syncs took, writing included, and how many records each carried. The journal in memory
  // takes no time.
  std::array<std::uint64_t, sync_us_bounds.size() + 1> sync_us{};
  std::array<std::uint64_t, sync_records_bounds.size() + 1> sync_records{};
  std::uint64_t sync_us_sum = 0, sync_records_sum = 0;

  void synced(std::uint64_t records, std::uint64_t us);
};

class Journal {
 public:
  virtual ~Journal() = default;
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  virtual std::uint16_t shard_count() const = 0;

  // Takes a shard: raises its epoch durably, fences every earlier owner, and says where the log ends.
  // What earlier owners appended is made durable first and is part of the log. The log is checked from its
  // recovery floor on: every hash, and that no record is missing. Blocks on the disk. Errors: damaged (with
  // the position), failed, invalid_shard, io.
  virtual Result<OpenedShard> open_shard(ShardId shard) = 0;

  // Queues a record. Position and ticket are given at once; durability is told to the listener. Any thread;
  // appends of one shard must come from one thread at a time. Does not block on the disk.
  // Errors: fenced (also where the shard was not opened in this process), too_large, invalid_append (a name
  // or shard that there cannot be, or state of a purchase outside its own shard), failed (a write or sync
  // failed before: nothing is accepted any more, I23).
  virtual Result<Appended> append(Append append) = 0;

  // Called from the journal's own thread after each sync with the last durable ticket, in order, or once with
  // the error that stopped the journal. `listener` must not block, nor call listen or unlisten. Returns a
  // handle for unlisten, which returns only when no call is running. Who listens after the journal has
  // stopped is not called: ask health() afterwards.
  using Listener = std::function<void(Ticket durable, const Status& status)>;
  virtual int listen(Listener listener) = 0;
  virtual void unlisten(int handle) = 0;

  // Returns when everything appended before is durable, or with the error that stopped the journal.
  virtual Status flush() = 0;
  // Ok while appends are accepted; else the error that stopped the journal.
  virtual Status health() const = 0;

  // Reads: any thread; they see what is durable, perhaps more. Errors: damaged (with the position), io.
  virtual Result<std::optional<Snapshot>> snapshot(const PurchaseId& purchase) const = 0;
  // Records of a shard with from <= LSN, in order, at most `limit`; every hash is checked on the way.
  virtual Result<std::vector<Record>> scan(Position from, std::size_t limit) const = 0;
  // A purchase's records in order, from LSN `from` on. Those of its own shard: a record of another shard that
  // names the purchase (a claim) is not among them.
  virtual Result<std::vector<Record>> scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                                    std::size_t limit) const = 0;
  // Where recovery starts to read: the recovery_floor given last, or 1.
  virtual Result<std::uint64_t> recovery_floor(ShardId shard) const = 0;
  // Entries of the due-time index at or before `until`, earliest first.
  virtual Result<std::vector<DueEntry>> due(ShardId shard, TimeMs until, std::size_t limit) const = 0;
  // The earliest entry's time; 0: none.
  virtual Result<TimeMs> next_due(ShardId shard) const = 0;
  // Whether the due-time index has this very entry.
  virtual Result<bool> has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const = 0;
  // The entries after this one, earliest first, at most `limit`. A default one is before all.
  virtual Result<std::vector<DueEntry>> due_after(ShardId shard, const DueEntry& last,
                                                  std::size_t limit) const = 0;
  virtual Result<std::optional<std::string>> document(ShardId shard, std::string_view kind,
                                                      std::string_view key) const = 0;
  virtual Result<std::vector<Document>> documents(ShardId shard, std::string_view kind) const = 0;
  // Purchases under (name, value) over all shards, newest first; `before` excludes entries that are not older
  // than (at, purchase): the cursor of the page before, or nullopt.
  struct IndexEntry {
    TimeMs at;
    PurchaseId purchase;
  };
  virtual Result<std::vector<IndexEntry>> index(std::string_view name, std::string_view value,
                                                const std::optional<IndexEntry>& before,
                                                std::size_t limit) const = 0;
  virtual JournalFigures figures() const = 0;
};

}  // namespace settle
