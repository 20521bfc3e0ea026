#include "exit_code.hpp"

namespace settle::ctl {

Exit exit_of(const Error& error) {
  if (error.code == "refused") return Exit::refused;
  if (error.code == "usage") return Exit::usage;
  if (error.code == "not_found") return Exit::not_found;
  if (error.code == "unreachable") return Exit::unreachable;
  return Exit::server;
}

Error error_of(int status, const std::string& problem_code, const std::string& text) {
  if (status == 404) return {"not_found", text};
  if (status == 409 || problem_code == "idempotency_key_reused" || problem_code == "cart_id_reused")
    return {"refused", text};
  if (status >= 400 && status < 500) return {"usage", text};
  return {"server", text};
}

}  // namespace settle::ctl
