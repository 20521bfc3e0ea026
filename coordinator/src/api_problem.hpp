#pragma once
// Every error that the API answers, in one table: code, status, title (RFC 9457). docs/openapi.yaml lists the
// same, and a test compares.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settle/coordinator/http_server.hpp"

namespace settle {

struct ProblemKind {
  const char* code;
  int status;
  const char* title;
  int retry_after_s = 0;  // 0: no such header
};

std::span<const ProblemKind> problem_kinds();
// nullptr: not in the table.
const ProblemKind* problem_kind(std::string_view code);

struct Problem {
  std::string code;
  std::string detail;                                             // for people
  std::string pointer;                                            // into the body; empty: none
  int retry_after_s = 0;                                          // 0: the kind's
  std::vector<std::pair<std::string, std::string>> members = {};  // further ones, name and text
};

// A code that is not in the table is a fault on this side: it is logged, and answered as `internal`.
ServerResponse problem_response(const Problem& problem);
// An error of the engine. A detail that begins with a JSON pointer ("/steps/0: ...") is taken apart.
ServerResponse problem_response(const Error& error);
// Gives a problem its title in Chinese, and says so; leaves every other answer as it is.
void put_into_chinese(ServerResponse& response);

}  // namespace settle
