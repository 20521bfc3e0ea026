// The daemon as a process: how it starts, refuses to start, and stops.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "listening_server.hpp"
#include "raw_client.hpp"
#include "settled_process.hpp"

namespace settle::test {
namespace {

TEST_F(SettledProcess, I4_WhatWasTakenIsThereAfterAStopAndAfterAKill) {
  std::string id;
  for (const int how : {SIGTERM, SIGKILL, SIGINT}) {
    Settled settled(flags());
    const std::uint16_t port = settled.ready();
    ASSERT_NE(port, 0);
    EXPECT_EQ(settled.ready_line, "settled ready on http://127.0.0.1:" + std::to_string(port));
    if (id.empty()) {
      register_all(port);
      const RawAnswer answer = submit(port, "k-1", good_order());
      ASSERT_EQ(answer.status, 202) << answer.body;
      id = answer.json()["id"];
    }
    const RawAnswer again = submit(port, "k-1", good_order());
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.json()["id"], id);
    settled.signal(how);
    EXPECT_EQ(settled.wait(), how == SIGKILL ? -1 : 0) << settled.err();
  }
  const fs::perms mode = fs::status(data() / "settle.key").permissions();
  EXPECT_EQ(mode, fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SettledProcess, RefusesWhatIsMisconfigured) {
  EXPECT_NE(refusal({"--listen", "0.0.0.0:0"}, 2).find("until there is authentication"), std::string::npos);
  EXPECT_NE(refusal(flags({"--shards", "none"}), 2).find("1 to 1024"), std::string::npos);
  EXPECT_FALSE(fs::exists(data())) << "nothing was touched";
}

TEST_F(SettledProcess, HelpVersionCheckAndPrint) {
  for (const char* flag : {"--help", "--version", "--check-config", "--print-config"}) {
    Settled settled(flags({flag}));
    EXPECT_FALSE(settled.out().empty()) << flag;
    EXPECT_EQ(settled.wait(), 0) << flag;
  }
  EXPECT_FALSE(fs::exists(data()));
}

TEST_F(SettledProcess, I21_VerifyReplaysTheJournalOfAStoppedDaemon) {
  EXPECT_NE(refusal(flags({"--verify"}), 3).find("no_journal"), std::string::npos);
  EXPECT_FALSE(fs::exists(data())) << "nothing was made";
  {
    Settled settled(flags());
    ASSERT_NE(settled.ready(), 0);
    settled.signal(SIGTERM);
    EXPECT_EQ(settled.wait(), 0);
  }
  Settled verifying(flags({"--verify"}));
  EXPECT_NE(verifying.out().find("the chain is whole"), std::string::npos);
  EXPECT_EQ(verifying.wait(), 0);
}

TEST_F(SettledProcess, I15_ASecondOneOnTheSameFolderIsRefused) {
  Settled first(flags());
  ASSERT_NE(first.ready(), 0);
  EXPECT_NE(refusal(flags(), 3).find("folder_in_use"), std::string::npos);
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait(), 0);
}

TEST_F(SettledProcess, AnAddressInUseIsItsOwnExit) {
  Settled first(flags());
  const std::uint16_t port = first.ready();
  ASSERT_NE(port, 0);
  EXPECT_NE(refusal({"--listen", "127.0.0.1:" + std::to_string(port), "--data", (folder_ / "other").string(),
                     "--shards", "4"},
                    4)
                .find("address_in_use"),
            std::string::npos);
}

TEST_F(SettledProcess, I22_AForeignUnreadableLostOrDamagedFolderIsRefused) {
  fs::create_directories(data());
  std::ofstream(data() / "thesis.tex") << "x";
  EXPECT_NE(refusal(flags(), 3).find("folder_foreign"), std::string::npos);
  fs::remove(data() / "thesis.tex");
  run_once();

  fs::rename(data() / "settle.key", folder_ / "kept.key");
  EXPECT_NE(refusal(flags(), 3).find("key_file_missing"), std::string::npos);
  EXPECT_FALSE(fs::exists(data() / "settle.key")) << "a lost key is not replaced";

  Settled other({"--listen", "127.0.0.1:0", "--data", (folder_ / "other").string(), "--shards", "4"});
  ASSERT_NE(other.ready(), 0);
  fs::copy_file(folder_ / "other" / "settle.key", data() / "settle.key");
  EXPECT_NE(refusal(flags(), 3).find("key_mismatch"), std::string::npos);
  fs::remove(data() / "settle.key");

  fs::rename(folder_ / "kept.key", data() / "settle.key");
  fs::permissions(data() / "settle.key", fs::perms::group_read, fs::perm_options::add);
  EXPECT_NE(refusal(flags(), 3).find("key_file_mode"), std::string::npos);
  fs::permissions(data() / "settle.key", fs::perms::group_read, fs::perm_options::remove);
  run_once();
}

TEST_F(SettledProcess, I23_AFileSizeLimitIsAFailedWriteAndSaysSo) {
  run_once();
  Settled settled(flags(), 96 << 10);
  const std::uint16_t port = settled.ready();
  if (port == 0) {  // not even the start fitted: refused in words, not killed by SIGXFSZ
    EXPECT_EQ(settled.wait(), 3) << settled.err();
    return;
  }
  register_all(port);
  RawAnswer answer;
  for (int i = 0; i < 2'000 && answer.code() != "journal_failed"; ++i) {
    answer = submit(port, "k-" + std::to_string(i), good_order());
    ASSERT_NE(answer.status, 0) << settled.err();
  }
  EXPECT_EQ(answer.code(), "journal_failed");
  EXPECT_EQ(request(port, "GET", "/readyz").code(), "journal_failed");
  EXPECT_EQ(request(port, "GET", "/healthz").status, 200);
}

// What the configuration says of buyers is what they meet.
TEST_F(SettledProcess, B9_B10_TheGuardsOfTheConfigurationAreOn) {
  const auto order = [](const std::string& number) {
    nlohmann::json order = good_order();
    order["order_id"] = number;
    return order;
  };
  {
    Settled settled(flags({"--guard-fingerprint-window-seconds", "600"}));
    const std::uint16_t port = settled.ready();
    ASSERT_NE(port, 0);
    register_all(port);
    ASSERT_EQ(submit(port, "k-1", order("A-1")).status, 202);
    const RawAnswer asked = submit(port, "k-2", order("A-2"));
    EXPECT_EQ(asked.status, 409);
    EXPECT_EQ(asked.code(), "possible_duplicate");
    EXPECT_EQ(submit(port, "k-2", order("A-2"), "Settle-Allow-Duplicate: true\r\n").status, 202);
    settled.signal(SIGKILL);
    settled.wait();
  }
  Settled settled(flags({"--guard-buyer-per-minute", "2", "--guard-buyer-cooldown-seconds", "50"}));
  const std::uint16_t port = settled.ready();
  ASSERT_NE(port, 0);
  for (const char* number : {"A-3", "A-4"}) ASSERT_EQ(submit(port, number, order(number)).status, 202);
  const RawAnswer slow = submit(port, "k-5", order("A-5"));
  EXPECT_EQ(slow.status, 429);
  EXPECT_EQ(slow.code(), "buyer_rate_limited");
  EXPECT_GT(std::stoi(slow.header("retry-after")), 40) << "the cool-down, not the rate's half minute";
  EXPECT_EQ(submit(port, "k-1", order("A-1")).status, 200) << "the same key is never refused";
}

// A call that arrived at a participant, whose answer is still to come.
class OpenCall {
 public:
  using Tcp = boost::asio::ip::tcp;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  // Waits for it; false: none came.
  bool came() {
    pollfd waiting{acceptor_.native_handle(), POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) return false;
    acceptor_.accept(socket_);
    boost::asio::read_until(socket_, boost::asio::dynamic_buffer(request_), "\r\n\r\n");
    return request_.starts_with("POST ");
  }
  void answer() {
    boost::asio::write(socket_,
                       boost::asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                                       "Content-Length: 11\r\n\r\n{\"hold\":77}")));
  }

 private:
  boost::asio::io_context io_;
  Tcp::acceptor acceptor_{io_, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  Tcp::socket socket_{io_};
  std::string request_;
};

TEST_F(SettledProcess, I3_AStopWaitsForTheCallThatIsOutAndJournalsItsAnswer) {
  OpenCall call;
  std::string id;
  {
    Settled settled(flags());
    const std::uint16_t port = settled.ready();
    ASSERT_NE(port, 0);
    register_all(port);
    ASSERT_EQ(request(port, "PUT", "/v1/participants/inventory",
                      R"({"base_urls":[")" + call.url() +
                          R"("],"endpoints":{"try":"/t","confirm":"/c","cancel":"/x"}})")
                  .status,
              200);
    id = submit(port, "k-1", good_order()).json()["id"];
    ASSERT_TRUE(call.came());
    settled.signal(SIGTERM);
    for (int i = 0; i < 400 && request(port, "GET", "/healthz").status != 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    call.answer();
    EXPECT_EQ(settled.wait(), 0) << settled.err();
  }
  Settled settled(flags());
  const std::uint16_t port = settled.ready();
  ASSERT_NE(port, 0);
  const nlohmann::json reserve = request(port, "GET", "/v1/purchases/" + id).json()["steps"][0];
  EXPECT_EQ(reserve["state"], "tried") << reserve;
  EXPECT_EQ(reserve["attempts"]["try"], 1) << "the answer was lost, and the call made again";
}

TEST_F(SettledProcess, ASecondSignalEndsItAtOnce) {
  Settled settled(flags({"--stop-patience-ms", "600000"}));
  const std::uint16_t port = settled.ready();
  ASSERT_NE(port, 0);
  RawClient busy(port);  // a request that is half there keeps the drain waiting
  busy.send("POST /v1/purchases HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(request(port, "GET", "/healthz").status, 200);
  settled.signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  settled.signal(SIGTERM);
  EXPECT_EQ(settled.wait(), 1) << settled.err();
}

// How often cursors of receivers were written, as the journal tells.
std::size_t cursors_written(std::uint16_t port) {
  const std::string journal = request(port, "GET", "/v1/journal?limit=500").body;
  std::size_t count = 0;
  for (std::size_t at = 0; (at = journal.find("receivers_moved", at)) != std::string::npos; ++at) ++count;
  return count;
}

// Every pause and resume that was answered is told at least once, in its order, whenever settled is killed:
// also where a cursor was just written, with much read that the receiver did not take.
TEST_F(SettledProcess, I26_EventsReachTheirReceiverOverKills) {
  std::atomic<int> taken{0};
  ListeningServer receiver([&taken](std::size_t, const Heard&) {
    ServerResponse response;
    response.status = --taken >= 0 ? 200 : 503;
    return response;
  });
  const nlohmann::json bus = {{"kind", "cloudevents"},
                              {"url", receiver.url()},
                              {"rules", {{{"types", {"settle.daemon.paused", "settle.daemon.resumed"}}}}}};
  std::vector<std::string> acts;  // what was answered, as the `why` that comes back
  for (int life = 0; life < 4; ++life) {
    taken = 15;
    Settled settled(flags());
    const std::uint16_t port = settled.ready();
    ASSERT_NE(port, 0);
    ASSERT_EQ(request(port, "PUT", "/v1/receivers/bus", bus.dump()).status, life == 0 ? 201 : 200);
    for (int n = 0; n < 30; ++n) {
      acts.push_back(std::to_string(life) + "/" + std::to_string(n));
      const nlohmann::json act = {{"who", "ann"}, {"why", acts.back()}};
      ASSERT_EQ(request(port, "POST", n % 2 == 0 ? "/v1/pause" : "/v1/resume", act.dump()).status, 200);
    }
    const std::size_t before = cursors_written(port);
    if (life % 2 == 0)
      for (int looks = 0; looks < 500 && cursors_written(port) == before; ++looks)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    settled.signal(SIGKILL);
    settled.wait();
  }
  taken = 100'000;
  Settled settled(flags());
  ASSERT_NE(settled.ready(), 0);
  const auto told = [](const std::vector<Heard>& heard) {
    std::vector<std::string> firsts;  // what was taken, without what was taken before
    std::map<std::string, bool> known;
    for (const Heard& one : heard) {
      const nlohmann::json event = one.json();
      if (one.answered == 200 && !std::exchange(known[event["id"]], true))
        firsts.push_back(event["data"]["why"]);
    }
    return firsts;
  };
  EXPECT_EQ(told(receiver.wait_until([&](const auto& all) { return told(all).size() >= acts.size(); })),
            acts);
}

// What the file says holds in the process that reads it: a second person is asked, and the sweep comes by
// itself.
TEST_F(SettledProcess, I17_I25_TheFilesSecondPersonAndSweepHold) {
  ListeningServer services([](std::size_t, const Heard& heard) {
    ServerResponse response;
    response.status = heard.path == "/c" ? 418 : 200;
    response.body = "{}";
    return response;
  });
  std::ofstream(folder_ / "settled.json") << R"({"resolve_needs_second_person":true,"sweep_every_ms":50})";
  Settled settled(flags({"--config", (folder_ / "settled.json").string()}));
  const std::uint16_t port = settled.ready();
  ASSERT_NE(port, 0);
  register_all(port);
  const std::string base = services.url("");
  for (const char* name : {"inventory", "payment", "card"})
    ASSERT_EQ(
        request(port, "PUT", std::string("/v1/participants/") + name,
                R"({"base_urls":[")" + base + R"("],"endpoints":{"try":"/t","confirm":"/c","cancel":"/x"}})")
            .status,
        200);
  const std::string path =
      "/v1/purchases/" + submit(port, "k-1", good_order()).json()["id"].get<std::string>();
  const auto letters = [port] { return request(port, "GET", "/v1/dead-letters").json()["letters"]; };
  for (int i = 0; i < 1'000 && letters().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_FALSE(letters().empty());
  nlohmann::json act = {{"who", "ann"},
                        {"why", "they say so"},
                        {"step", letters()[0]["step"]},
                        {"resolution", "done"},
                        {"evidence", "letter 17"}};
  EXPECT_EQ(request(port, "POST", path + "/resolve", act.dump()).status, 202) << "only proposed";
  act["who"] = "Ann";
  EXPECT_EQ(request(port, "POST", path + "/resolve", act.dump()).code(), "second_person_needed");
  act["who"] = "bob";
  EXPECT_EQ(request(port, "POST", path + "/resolve", act.dump()).status, 200);
  const auto sweeps = [port] { return request(port, "GET", "/v1/status").json()["sweeps"].get<int>(); };
  for (int i = 0; i < 1'000 && sweeps() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GE(sweeps(), 2);
}

}  // namespace
}  // namespace settle::test
