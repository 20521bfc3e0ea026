#pragma once
// HTTP as settlectl needs it. cpprestsdk stays inside http.cpp.

#include <functional>
#include <map>
#include <string>

#include "settle/statemachine/result.hpp"

namespace settle::ctl {

struct HttpCall {
  std::string method, url;
  std::map<std::string, std::string> headers;
  std::string body;  // empty: none is sent
  int timeout_s = 30;
};

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Blocks. Errors: unreachable (nobody answers, or not in time), usage (the URL).
Result<HttpReply> send(const HttpCall& call);

// As `send`, but an answer of 200 is handed to `line` line by line as it arrives, and its body stays empty.
// Ends when the answer does, or when `line` returns false.
Result<HttpReply> stream(const HttpCall& call, const std::function<bool(const std::string&)>& line);

}  // namespace settle::ctl
