// What the journal reads back from the disk: records, events, transitions, snapshots. Whatever bytes come,
// the reader refuses them or gives what is written the same way again (I21, I22).

#include <cstring>

#include "bytes.hpp"
#include "input.hpp"
#include "record.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/wal/codec.hpp"

namespace settle::fuzz {
namespace {

// What was read is written, and read again: nothing may be lost, and there is one way to write it.
template <class Decode>
void round_trip(std::string_view bytes, Decode decode) {
  const auto read = decode(bytes);
  if (!read) {
    SETTLE_CHECK(read.error().code == "damaged");
    return;
  }
  const std::string written = encode(*read);
  const auto again = decode(written);
  SETTLE_CHECK(again.ok());
  SETTLE_CHECK(encode(*again) == written);
}

// The chain's formula, from docs/wal-format.md, section 4.
ChainHash chain_of(std::string_view body, Position position, const ChainHash& previous) {
  std::string text(previous.begin(), previous.end());
  put_big_endian(text, position.shard.number);
  put_big_endian(text, position.lsn);
  return sha256(text.append(body));
}

void same_record(const Record& record, const Append& append) {
  SETTLE_CHECK(record.kind == append.kind && record.epoch.number == append.epoch.number);
  SETTLE_CHECK(record.at == append.at && record.purchase == append.purchase);
  SETTLE_CHECK(record.event == append.event && record.transitions == append.transitions);
}

void written_record(Input& input) {
  Append append;
  append.kind = static_cast<RecordKind>(1 + input.byte() % 5);
  append.epoch.number = input.number(8);
  append.at.count = static_cast<std::int64_t>(input.number(8));
  append.purchase.bytes[0] = input.byte();
  const Position position{ShardId{static_cast<std::uint16_t>(input.number(2))}, input.number(4)};
  ChainHash previous{};
  previous[5] = input.byte();
  const std::size_t flip = input.number(2);
  append.event = input.some(input.byte());
  append.transitions = input.rest();
  std::string bytes;
  const ChainHash hash = write_record(bytes, append, position, previous);
  const auto read = read_record(bytes, position, previous);
  SETTLE_CHECK(read.ok() && read->hash == hash);
  same_record(*read, append);
  // I22: one bit, anywhere, is noticed.
  bytes[flip / 8 % bytes.size()] ^= static_cast<char>(1 << flip % 8);
  const auto bent = read_record(bytes, position, previous);
  SETTLE_CHECK(!bent.ok() && bent.error().code == "damaged");
}

// A body of any shape under a hash that fits it, so that what is behind the check is reached.
void hashed_record(std::string_view body) {
  const Position position{ShardId{3}, 7};
  const ChainHash previous{};
  const ChainHash hash = chain_of(body, position, previous);
  std::string bytes(body);
  bytes.append(hash.begin(), hash.end());
  const auto read = read_record(bytes, position, previous);
  if (!read) {
    SETTLE_CHECK(read.error().code == "damaged");
    return;
  }
  Append append;
  append.kind = read->kind;
  append.epoch = read->epoch;
  append.at = read->at;
  append.purchase = read->purchase;
  append.event = read->event;
  append.transitions = read->transitions;
  std::string written;
  write_record(written, append, position, previous);
  SETTLE_CHECK(written == bytes);
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle;
  fuzz::Input input(data, size);
  switch (input.byte() % 6) {
    case 0:
      fuzz::round_trip(input.rest(), decode_event);
      break;
    case 1:
      fuzz::round_trip(input.rest(), decode_purchase);
      break;
    case 2:
      fuzz::round_trip(input.rest(), decode_transitions);
      break;
    case 3:
      fuzz::written_record(input);
      break;
    case 4:
      fuzz::hashed_record(input.rest());
      break;
    default:
      // No hash of ours ends these bytes.
      SETTLE_CHECK(!read_record(input.rest(), Position{ShardId{1}, 2}, ChainHash{}).ok());
  }
  return 0;
}
