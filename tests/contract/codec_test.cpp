// Whatever is written is read again, and nothing that is read can hurt.

#include "settle/wal/codec.hpp"

#include <gtest/gtest.h>

#include "allocation_watch.hpp"
#include "random_purchase.hpp"

namespace settle {
namespace {

TEST(Codec, I21_EveryFieldOfAPurchaseComesBack) {
  RandomPurchases random(1);
  for (int i = 0; i < 3'000; ++i) {
    const Purchase purchase = random.purchase();
    const auto read = decode_purchase(encode(purchase));
    ASSERT_TRUE(read.ok()) << i;
    ASSERT_TRUE(same(*read, purchase)) << i;
  }
}

TEST(Codec, I21_EveryFieldOfAnEventComesBack) {
  RandomPurchases random(2);
  for (int i = 0; i < 20'000; ++i) {
    const Event event = random.event();
    const auto read = decode_event(encode(event));
    ASSERT_TRUE(read.ok()) << i;
    ASSERT_TRUE(same(*read, event)) << i << " " << event.what.index();
  }
}

TEST(Codec, I21_TransitionsComeBack) {
  RandomPurchases random(3);
  for (int i = 0; i < 5'000; ++i) {
    const auto transitions = random.transitions();
    const auto read = decode_transitions(encode(transitions));
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(*read, transitions);
  }
}

// Bytes written down by hand from the .proto in docs/wal-format.md.
TEST(Codec, I27_TheFormatIsWhatTheDocumentSays) {
  Event event{TimeMs{1}, 5, Answered{}};
  auto& answer = std::get<Answered>(event.what);
  answer.step = 2;
  answer.attempt = 300;
  answer.outcome = Outcome::done;
  answer.result = "{}";
  const std::string bytes =
      "\x08\x02\x10\x05\x22\x0d\x08\x02\x10\x01\x18\xac\x02\x20\x01\x5a\x02{}\xd8\x02\x01";
  EXPECT_EQ(encode(event), bytes);
  EXPECT_EQ(encode(std::vector<Transition>{{-1, 1, 2, 3}, {0, 4, 5, 6}}),
            std::string("\x0a\x06\x10\x01\x18\x02\x20\x03\x0a\x08\x08\x01\x10\x04\x18\x05\x20\x06", 18));
}

// What is made today says so; what was written before there was a number is replayed by the rules of then.
TEST(Codec, I27_AnEventWithoutRulesIsOfTheFirst) {
  Event event;
  event.at = TimeMs{7};
  event.what = Due{};
  EXPECT_EQ(decode_event(encode(event))->rules, rules_now);
  event.rules = 0;
  const std::string bytes = encode(event);
  EXPECT_EQ(bytes, std::string("\x08\x0e\x3a\x00", 4)) << "as it ever was";
  EXPECT_EQ(decode_event(bytes)->rules, 0U);
}

TEST(Codec, I27_FieldsOfANewerVersionAreSkipped) {
  RandomPurchases random(4);
  for (int i = 0; i < 1'000; ++i) {
    const Event event = random.event();
    // Fields 2000 to 2003: a varint, eight bytes, a string, four bytes.
    const std::string added(
        "\x80\x7d\x96\x01\x89\x7d"
        "12345678"
        "\x92\x7d\x03"
        "abc"
        "\x9d\x7d"
        "1234",
        26);
    const auto behind = decode_event(encode(event) + added);
    const auto ahead = decode_event(added + encode(event));
    ASSERT_TRUE(behind.ok() && ahead.ok());
    EXPECT_TRUE(same(*behind, event) && same(*ahead, event));
  }
}

struct Bad {
  const char* why;
  std::string bytes;
};

TEST(Codec, I22_RefusesWhatNoWriterWrites) {
  const std::string overlong(10, '\xff');
  const Bad table[] = {
      {"nothing at all: no kind", ""},
      {"a tag without its value", "\x08"},
      {"field number 0", std::string("\x00\x00", 2)},
      {"wire type 3", "\x0b"},
      {"wire type 7", "\x0f"},
      {"a varint that does not end", "\x08" + overlong},
      {"a varint of more than 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"},
      {"a length past the end", "\x32\x05"},
      {"a length of 2^63", "\x32\xff\xff\xff\xff\xff\xff\xff\xff\x7f"},
      {"a length of 2^64 - 1", "\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
      {"the time as a string", std::string("\x0a\x01x\x3a\x00", 5)},
      {"queryable of more than 32 bits", std::string("\x10\xff\xff\xff\xff\x7f\x3a\x00", 8)},
      {"two kinds at once", std::string("\x3a\x00\x42\x00", 4)},
      {"an operation that there is not", "\x22\x04\x10\x06\x20\x01"},
      {"an outcome 0", std::string("\x22\x04\x10\x01\x20\x00", 6)},
      {"a step past the most that there are", "\x22\x02\x08\x20"},
      {"a status of more than 16 bits", "\x22\x04\x30\x80\x80\x04"},
      {"an id of 15 bytes",
       "\x1a\x11\x0a\x0f"
       "123456789012345"},
      {"a field cut off within its message", "\x22\x01\x08"},
  };
  for (const auto& [why, bytes] : table) {
    const auto event = decode_event(bytes);
    ASSERT_FALSE(event.ok()) << why;
    EXPECT_EQ(event.error().code, "damaged");
  }
  std::string many_steps;
  for (std::size_t i = 0; i <= steps_max; ++i) many_steps += std::string("\xa2\x01\x00", 3);
  EXPECT_FALSE(decode_purchase(many_steps).ok()) << "more steps than there may be";
  EXPECT_TRUE(decode_purchase(many_steps.substr(3)).ok());
}

// Every prefix, and 100,000 random damages: a value or an error, and never more memory than a small multiple
// of the input and what steps_max steps need.
TEST(Codec, I22_DamagedInputNeitherCrashesNorAllocatesMuch) {
  RandomPurchases random(5);
  std::size_t read_well = 0, refused = 0;
  const auto feed = [&](const std::string& bytes) {
    const AllocationWatch watch;
    const bool event = decode_event(bytes).ok();
    const bool transitions = decode_transitions(bytes).ok();
    const bool purchase = decode_purchase(bytes).ok();
    const std::size_t bytes_asked = watch.bytes_asked();
    (event || transitions || purchase ? read_well : refused) += 1;
    ASSERT_LE(bytes_asked, 4 * sizeof(Step) * steps_max + 16 * bytes.size() + 1024);
  };
  for (int i = 0; i < 30; ++i) {
    const std::string event = encode(random.event()), purchase = encode(random.purchase());
    for (std::size_t cut = 0; cut <= event.size(); ++cut) feed(event.substr(0, cut));
    for (std::size_t cut = 0; cut <= purchase.size(); cut += 1 + random.below(9))
      feed(purchase.substr(0, cut));
  }
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) {
    if (i % 20 == 0) bytes = i % 3 == 0 ? encode(random.purchase()) : encode(random.event());
    std::string bent = bytes;
    for (std::uint64_t n = 1 + random.below(4); n > 0 && !bent.empty(); --n) {
      char& byte = bent[random.below(bent.size())];
      byte = random.below(2) == 0 ? static_cast<char>(byte ^ (1 << random.below(8)))
                                  : static_cast<char>(random.below(256));
    }
    feed(bent);
  }
  EXPECT_GT(read_well, 1'000U);
  EXPECT_GT(refused, 1'000U);
}

}  // namespace
}  // namespace settle
