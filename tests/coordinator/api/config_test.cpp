// Configuration, logs and the loop's clock: what the daemon stands on before it serves.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "json_writer.hpp"
#include "settle/coordinator/asio_loop.hpp"
#include "settle/coordinator/config.hpp"

namespace settle::test {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "settle-config-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path / name) << content;
    return (path / name).string();
  }
  std::filesystem::path path;
};

TEST(Config, FlagsOverruleEnvironmentOverrulesFile) {
  const Folder folder;
  const std::string file = folder.file("c.json", R"({"shards": 8, "in_motion_max": 5, "log_level": "warn"})");
  const auto loaded = load_config({"--config", file, "--shards=32"},
                                  {"SETTLE_SHARDS=16", "SETTLE_IN_MOTION_MAX=6", "HOME=/"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(loaded->config.shards, 32);
  EXPECT_EQ(loaded->config.in_motion_max, 6U);
  EXPECT_EQ(loaded->config.log_level, LogLevel::warn);
  EXPECT_EQ(loaded->sources.at("shards"), "flag --shards");
  EXPECT_EQ(loaded->sources.at("in_motion_max"), "environment SETTLE_IN_MOTION_MAX");
  EXPECT_EQ(loaded->sources.at("log_level"), "file " + file);
  EXPECT_EQ(loaded->sources.at("listen"), "default");
  const auto printed = nlohmann::json::parse(printed_config(*loaded));
  EXPECT_EQ(printed["shards"]["value"], "32");
}

TEST(Config, TheEnvironmentMayNameTheFile) {
  const Folder folder;
  const auto loaded = load_config({}, {"SETTLE_CONFIG=" + folder.file("c.json", R"({"shards":"8"})")});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.shards, 8);
}

struct BadSetting {
  std::vector<std::string> flags, environment;
  std::string file;
  std::vector<std::string> said;  // all of these
};

TEST(Config, EveryBadValueIsNamedWithItsSourceAndWhatIsAllowed) {
  const std::vector<BadSetting> table = {
      {{"--listen", "0.0.0.0:7070"},
       {},
       "",
       {"flag --listen", "\"0.0.0.0:7070\"", "loopback", "authentication"}},
      {{"--listen", "192.168.1.5:7070"}, {}, "", {"flag --listen", "loopback"}},
      {{"--listen", "[::]:7070"}, {}, "", {"flag --listen", "loopback"}},
      {{"--listen", "example.com:80"}, {}, "", {"flag --listen", "loopback"}},
      {{"--listen", "127.0.0.1"}, {}, "", {"flag --listen", "port"}},
      {{"--listen", "127.0.0.1:65536"}, {}, "", {"flag --listen"}},
      {{"--listen", "127.0.0.1:http"}, {}, "", {"flag --listen"}},
      {{}, {"SETTLE_SHARDS=zero"}, "", {"environment SETTLE_SHARDS", "shards", "\"zero\"", "1 to 1024"}},
      {{}, {"SETTLE_SHARDS=0"}, "", {"1 to 1024"}},
      {{}, {"SETTLE_SHARDS=1025"}, "", {"1 to 1024"}},
      {{}, {"SETTLE_SHARDS= 8"}, "", {"1 to 1024"}},
      {{"--in-motion-max", "-1"}, {}, "", {"--in-motion-max", "1 to 10000000"}},
      {{"--rest-after-ms", "99"}, {}, "", {"100 to 3600000"}},
      {{"--stop-patience-ms", "1e3"}, {}, "", {"0 to 600000"}},
      {{"--log-level", "loud"}, {}, "", {"debug, info, warn, error or alert"}},
      {{"--callback-base", "ftp://x"}, {}, "", {"http or https"}},
      {{"--callback-base", "http://u@x"}, {}, "", {"http or https"}},
      {{"--callback-base", "http://x/?q"}, {}, "", {"http or https"}},
      {{"--cache-bytes", "64MB"}, {}, "", {"1048576"}},
      {{"--data", ""}, {}, "", {"flag --data", "a path"}},
      {{"--colour", "red"}, {}, "", {"--colour", "no such flag"}},
      {{"--shards"}, {}, "", {"--shards", "a value must follow"}},
      {{"stray"}, {}, "", {"stray", "no such flag"}},
      {{"--config", "/nonexistent/c.json"}, {}, "", {"file /nonexistent/c.json", "cannot be read"}},
      {{}, {}, R"({"shards": 8, "shards": 9})", {"file ", "/shards", "twice"}},
      {{}, {}, R"({"shards": )", {"file ", "syntax error"}},
      {{}, {}, R"([])", {"file ", "must be a JSON object"}},
      {{}, {}, R"({"colour": "red"})", {"file ", "colour", "there is no such key"}},
      {{}, {}, R"({"shards": true})", {"file ", "shards = true", "1 to 1024"}},
      {{}, {}, R"({"shards": 8.5})", {"shards = 8.5", "1 to 1024"}},
      {{"--shards=0", "--log-level=loud"}, {}, "", {"shards", "log_level"}},  // both at once
  };
  for (const BadSetting& bad : table) {
    const Folder folder;
    std::vector<std::string> flags = bad.flags;
    if (!bad.file.empty()) flags.insert(flags.end(), {"--config", folder.file("c.json", bad.file)});
    const auto loaded = load_config(flags, bad.environment);
    ASSERT_FALSE(loaded.ok()) << bad.said.front();
    EXPECT_EQ(loaded.error().code, "invalid_configuration");
    for (const std::string& part : bad.said) {
      EXPECT_NE(loaded.error().detail.find(part), std::string::npos)
          << part << " is not in: " << loaded.error().detail;
    }
  }
}

TEST(Config, ACoolDownWithoutARateIsRefusedSinceItDoesNothing) {
  const auto alone = load_config({}, {"SETTLE_GUARD_BUYER_COOLDOWN_SECONDS=30"});
  ASSERT_FALSE(alone.ok());
  EXPECT_EQ(alone.error().code, "invalid_configuration");
  for (const char* part : {"environment SETTLE_GUARD_BUYER_COOLDOWN_SECONDS", "guard_buyer_per_minute"})
    EXPECT_NE(alone.error().detail.find(part), std::string::npos) << alone.error().detail;
  const auto both = load_config({"--guard-buyer-per-minute=5"}, {"SETTLE_GUARD_BUYER_COOLDOWN_SECONDS=30"});
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->config.guards.buyer_cooldown, DurationMs{30'000});
}

TEST(Config, LoopbackInAllItsFormsIsAllowed) {
  for (const char* listen : {"127.0.0.1:0", "127.8.9.10:7070", "localhost:1", "[::1]:7070"}) {
    const auto loaded = load_config({"--listen", listen}, {});
    EXPECT_TRUE(loaded.ok()) << listen;
  }
}

TEST(Config, AnUnknownSettingInTheEnvironmentIsWarnedOf) {
  const auto loaded = load_config({}, {"SETTLE_SHARD=8", "SETTLE_URL=http://x"});
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_NE(loaded->warnings[0].find("SETTLE_SHARD "), std::string::npos);
}

TEST(DataFolder, AForeignOneIsLeftAlone) {
  const Folder folder;
  folder.file("holiday.jpg", "x");
  Config config;
  config.data = folder.path;
  const Status refused = prepare_data_folder(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "folder_foreign");
  EXPECT_NE(refused.error().detail.find("holiday.jpg"), std::string::npos);
  config.data = folder.path / "holiday.jpg";
  EXPECT_EQ(prepare_data_folder(config).error().code, "folder_foreign");
  config.data = folder.path / "new" / "deep";
  EXPECT_TRUE(prepare_data_folder(config).ok());
  EXPECT_TRUE(std::filesystem::is_directory(config.data));
  config.data = "/proc/settle";
  EXPECT_EQ(prepare_data_folder(config).error().code, "folder_unwritable");
}

class LogLines {
 public:
  LogLines() {
    set_log_sink([this](std::string_view line) { lines.emplace_back(line); });
  }
  ~LogLines() { set_log_sink(nullptr); }
  std::vector<std::string> lines;
};

TEST(Log, LinesAreJsonWhateverIsInThem) {
  LogLines log;
  const std::string nasty =
      std::string("quote \" back \\ line\nbell \x07 zero ") + '\0' + " bad \xFF\xC3 end";
  PurchaseId id;
  id.bytes[0] = 0xAB;
  log_warn("a test of escaping", {{"purchase", id}, {"text", nasty}, {"number", -5}, {"flag", true}});
  log_debug("not seen");
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(log.lines[0].find('\n'), log.lines[0].size() - 1);
  const auto line = nlohmann::json::parse(log.lines[0]);
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["purchase"], id.text());
  EXPECT_EQ(line["number"], -5);
  EXPECT_EQ(line["flag"], true);
  EXPECT_EQ(line["text"], std::string("quote \" back \\ line\nbell \x07 zero ") + '\0' +
                              " bad \xEF\xBF\xBD\xEF\xBF\xBD end");
  EXPECT_EQ(line["ts"].get<std::string>().size(), 24U);
}

TEST(Log, AStormIsHeldBackAndToldOf) {
  LogLines log;
  for (int i = 0; i < 10'000; ++i) log_info("a storm");
  log_info("another kind");
  EXPECT_LE(log.lines.size(), 1 + 3 * log_burst);
  EXPECT_GE(log.lines.size(), 1 + log_burst);
  EXPECT_NE(log.lines.back().find("another kind"), std::string::npos);
  log.lines.clear();
  for (int i = 0; i < 300 && log.lines.empty(); ++i) {
    ::usleep(10'000);
    log_info("a storm");
  }
  ASSERT_FALSE(log.lines.empty());
  EXPECT_GT(nlohmann::json::parse(log.lines.back()).value("suppressed", 0), 1000);
}

TEST(Log, LongTextsAreCut) {
  LogLines log;
  log_info("long", {{"text", std::string(100'000, 'x')}});
  EXPECT_LT(log.lines.at(0).size(), 2 * log_text_bytes_max);
}

TEST(JsonWriter, TimesHaveMilliseconds) {
  EXPECT_EQ(time_text(TimeMs{1'769'860'800'007}), "2026-01-31T12:00:00.007Z");
}

TEST(AsioLoop, I17_WakesAtTheEarliestThatWasAskedForAndNotWhenNoneIs) {
  boost::asio::io_context io;
  AsioLoop loop(io);
  std::vector<TimeMs> woken;
  loop.on_wake([&] { woken.push_back(loop.now()); });
  const TimeMs start = loop.now();
  loop.wake_at(start + DurationMs{60'000});
  loop.wake_at(start + DurationMs{30});
  io.run_for(std::chrono::milliseconds(300));
  ASSERT_EQ(woken.size(), 1U);
  EXPECT_GE(woken[0], start + DurationMs{30});
  loop.wake_at(loop.now() + DurationMs{30});
  loop.wake_at(TimeMs{});
  io.restart();
  io.run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(woken.size(), 1U) << "what was taken back does not come";
}

TEST(AsioLoop, I17_AWallClockThatWasSetIsToldOnceAndMovesNoTime) {
  boost::asio::io_context io;
  DurationMs set;
  AsioLoop loop(
      io, [&set] { return AsioLoop::system_wall() + set; }, DurationMs{2});
  std::vector<DurationMs> told;
  loop.on_divergence([&](DurationMs apart) { told.push_back(apart); });
  const auto watch = [&] { io.run_for(std::chrono::milliseconds(60)); };
  const auto set_by = [&](std::int64_t ms) {
    const TimeMs before = loop.now();
    set = DurationMs{ms};
    EXPECT_LT(loop.now().count - before.count, 30'000) << "engine time went with the wall clock";
    EXPECT_GE(loop.now().count, before.count);
    watch();
  };
  watch();
  set_by(AsioLoop::divergence_max.count - 5'000);
  EXPECT_TRUE(told.empty()) << "a small difference is nobody's business";
  set_by(AsioLoop::divergence_max.count + 5'000);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NEAR(static_cast<double>(told[0].count), -65'000, 4'000);
  set_by(0);
  EXPECT_EQ(told.size(), 1U);
  set_by(-3'600'000);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NEAR(static_cast<double>(told[1].count), 3'600'000, 4'000);
}

TEST(AsioLoop, I21_TimeIsNeverBeforeTheJournal) {
  boost::asio::io_context io;
  AsioLoop loop(io);
  const TimeMs journalled = loop.now() + DurationMs{3'600'000};
  loop.not_before(journalled);
  EXPECT_GE(loop.now(), journalled);
  EXPECT_LT(loop.now(), journalled + DurationMs{60'000});
  loop.not_before(TimeMs{1});
  EXPECT_GE(loop.now(), journalled);
}

}  // namespace
}  // namespace settle::test
