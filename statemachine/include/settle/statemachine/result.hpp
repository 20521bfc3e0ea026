#pragma once
// Errors as values. An operating error (a full disk, a bad request) is an Error in a Result; a broken
// invariant stops the process through SETTLE_CHECK, in production too, since going on would be guessing.

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace settle {

// `code` is for programs (lower_snake_case, stable), `detail` for people. Neither may hold a secret.
struct Error {
  std::string code;
  std::string detail;
};

// Either a value or an Error. Asking for the one that is not there is a broken invariant.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return check_value(), std::get<0>(state_); }
  const T& value() const& { return check_value(), std::get<0>(state_); }
  T&& value() && { return check_value(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    if (ok()) std::abort();
    return std::get<1>(state_);
  }

 private:
  void check_value() const {
    if (!ok()) std::abort();
  }
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;
inline Status ok() {
  return Status(Done{});
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace settle

#define SETTLE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::settle::check_failed(#condition, __FILE__, __LINE__))
