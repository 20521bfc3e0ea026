#include "process.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace settle::kit::test {

namespace {

pid_t spawn(const std::vector<std::string>& command, int& output, bool errors_too) {
  int ends[2] = {-1, -1};
  SETTLE_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    if (errors_too) ::dup2(ends[1], STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output = ends[0];
  return pid;
}

}  // namespace

Process::Process(const std::vector<std::string>& command) {
  int output = -1;
  pid_ = spawn(command, output, false);
  std::string line;
  char c = 0;
  while (::read(output, &c, 1) == 1 && c != '\n') line += c;
  ::close(output);
  const std::string expected = "listening on 127.0.0.1:";
  if (line.rfind(expected, 0) == 0) port_ = std::stoi(line.substr(expected.size()));
}

Process::~Process() {
  kill_hard();
}

void Process::kill_hard() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int Process::terminate() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool Process::wait_dead(int timeout_ms) {
  for (int waited = 0; waited < timeout_ms; waited += 10) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

Ran run(const std::vector<std::string>& command) {
  int output = -1;
  const pid_t pid = spawn(command, output, true);
  Ran ran{-1, {}};
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(output, buffer, sizeof buffer)) > 0;) {
    ran.output.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

std::string service_path(const std::string& name) {
  std::string path = SETTLE_SERVICES;
  path.append("/settle-").append(name);
  return path;
}

std::unique_ptr<Process> start(const TempDir& folder, const std::string& name,
                               std::vector<std::string> more) {
  std::ofstream(folder.file("secret")) << "# the tests' secret\n" << secret_text << "\n";
  std::vector<std::string> command = {service_path(name),        "--data",
                                      folder.file(name + ".db"), "--secret-file",
                                      folder.file("secret"),     "--admin"};
  command.insert(command.end(), more.begin(), more.end());
  return std::make_unique<Process>(command);
}

}  // namespace settle::kit::test
