#pragma once
// A service as a process of its own, which the destructor ends.

#include <sys/types.h>

#include <string>
#include <vector>

#include "support.hpp"

namespace settle::kit::test {

class Process {
 public:
  // Starts it and waits for "listening on 127.0.0.1:PORT".
  explicit Process(const std::vector<std::string>& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int port() const { return port_; }  // 0 if it did not come up
  void kill_hard();                   // kill -9, and waits
  int terminate();                    // SIGTERM; the exit code
  bool wait_dead(int timeout_ms = 5000);

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

// Runs a command to its end; exit code and what it printed on stdout and stderr.
struct Ran {
  int exit_code;
  std::string output;
};
Ran run(const std::vector<std::string>& command);

std::string service_path(const std::string& name);

// A reference service with data and secret in `folder`, admin routes on.
std::unique_ptr<Process> start(const TempDir& folder, const std::string& name,
                               std::vector<std::string> more = {});

}  // namespace settle::kit::test
