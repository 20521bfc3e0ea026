#pragma once
// settled as a process of its own, on a folder that goes with the test.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "raw_client.hpp"

namespace settle::test {

namespace fs = std::filesystem;

// One run of settled. Killed at the end, if it still runs.
class Settled {
 public:
  explicit Settled(std::vector<std::string> arguments, std::uint64_t file_bytes_max = 0) {
    int out[2], err[2];
    if (::pipe(out) != 0 || ::pipe(err) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      for (const int end : {out[0], out[1], err[0], err[1]}) ::close(end);
      if (file_bytes_max > 0) {
        const rlimit limit{file_bytes_max, file_bytes_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
      }
      std::vector<char*> words{const_cast<char*>(SETTLED_BINARY)};
      for (std::string& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      ::execv(SETTLED_BINARY, words.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    reader_ = std::thread([this, end = err[0]] { drain(end, err_); });
    out_end_ = out[0];
  }
  ~Settled() {
    if (pid_ > 0) signal(SIGKILL), wait();
    ::close(out_end_);
  }

  // The port from the ready line; 0: it ended before.
  std::uint16_t ready() {
    std::string line;
    char c = 0;
    while (::read(out_end_, &c, 1) == 1 && c != '\n') line += c;
    ready_line = line;
    const std::size_t colon = line.rfind(':');
    return colon == std::string::npos ? 0 : static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }
  void signal(int number) const { ::kill(pid_, number); }
  // The exit code; -1: killed by a signal.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    reader_.join();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string out() {
    std::string text;
    drain(out_end_, text, false);
    return text;
  }
  const std::string& err() const { return err_; }  // after wait()
  std::string ready_line;

 private:
  static void drain(int end, std::string& into, bool close = true) {
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(end, bytes, sizeof bytes)) > 0;)
      into.append(bytes, static_cast<std::size_t>(count));
    if (close) ::close(end);
  }
  pid_t pid_ = -1;
  int out_end_ = -1;
  std::thread reader_;
  std::string err_;
};

class SettledProcess : public ::testing::Test {
 protected:
  SettledProcess() {
    std::string pattern = (fs::temp_directory_path() / "settled-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SettledProcess() override {
    std::error_code ignored;
    fs::permissions(data(), fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }
  fs::path data() const { return folder_ / "data"; }
  std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"--listen", "127.0.0.1:0", "--data", data().string(), "--shards", "4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Starts it, expects it to refuse, and returns what it said.
  static std::string refusal(const std::vector<std::string>& arguments, int code) {
    Settled settled(arguments);
    EXPECT_EQ(settled.ready(), 0);
    EXPECT_EQ(settled.wait(), code) << settled.err();
    return settled.err();
  }
  void run_once() {
    Settled settled(flags());
    ASSERT_NE(settled.ready(), 0);
    settled.signal(SIGTERM);
    ASSERT_EQ(settled.wait(), 0) << settled.err();
  }
  static void register_all(std::uint16_t port) {
    const std::string dead =
        R"({"base_urls":["http://127.0.0.1:9"],"endpoints":{"try":"/t","confirm":"/c","cancel":"/x"}})";
    for (const char* name : {"inventory", "payment", "card"}) {
      ASSERT_EQ(request(port, "PUT", std::string("/v1/participants/") + name, dead).status, 201);
    }
    ASSERT_EQ(request(port, "PUT", "/v1/merchants/m-1", R"({"url":"http://127.0.0.1:9/"})").status, 201);
  }
  fs::path folder_;
};

}  // namespace settle::test
