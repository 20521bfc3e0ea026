#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "journal_victim.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

Victim::Victim(const std::filesystem::path& folder, bool only_hold) {
  int ends[2];
  SETTLE_CHECK(::pipe(ends) == 0);
  process_ = ::fork();
  SETTLE_CHECK(process_ >= 0);
  if (process_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(SETTLE_JOURNAL_VICTIM, SETTLE_JOURNAL_VICTIM, folder.c_str(), only_hold ? "hold" : nullptr,
            nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  reports_ = ends[0];
}

Victim::~Victim() {
  if (process_ > 0) (void)kill();
  ::close(reports_);
}

bool Victim::next(Acknowledged& report) {
  return ::read(reports_, &report, sizeof report) == sizeof report;
}

int Victim::kill() {
  ::kill(process_, SIGKILL);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

}  // namespace settle
