#pragma once
// Carries the news of a failure from RocksDB's threads to the journal, which comes later and goes earlier.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace settle {

class FailureRelay {
 public:
  using Target = std::function<void(const std::string& why)>;

  // A null target: nobody listens any more. Returns when no call to the target before is running.
  void set(Target target) {
    const std::lock_guard lock(mutex_);
    target_ = std::move(target);
    if (target_ && missed_) target_(*missed_);
  }
  void failed(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (target_) {
      target_(why);
    } else {
      missed_ = why;
    }
  }

 private:
  std::mutex mutex_;
  Target target_;
  std::optional<std::string> missed_;
};

}  // namespace settle
