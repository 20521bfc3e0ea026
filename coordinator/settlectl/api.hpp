#pragma once
// settled's API, as commands call it.

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "console.hpp"
#include "http.hpp"
#include "settle/statemachine/result.hpp"

namespace settle::ctl {

using Json = nlohmann::ordered_json;  // shown in the order in which it came

struct Session {
  Console console;
  std::string url = "http://127.0.0.1:7070";  // no slash at its end
  int timeout_s = 30;
};

struct Answer {
  int status = 0;
  Json body;
  std::map<std::string, std::string> headers;  // names in lower case
};

// Errors: as in exit_code.hpp; the text is the problem's, with its code and pointer.
Result<Answer> call(const Session& session, const std::string& method, const std::string& path,
                    const Json* body = nullptr, const std::map<std::string, std::string>& headers = {});

// The error that a refused answer stands for.
Error problem_of(const HttpReply& reply);

// Percent-encoded, for a path or a query.
std::string escape(const std::string& text);

// Members of loosely typed answers; a missing or odd one is empty, never an exception.
std::string text(const Json& object, const std::string& member);
long long number(const Json& object, const std::string& member, long long fallback = 0);
bool flag(const Json& object, const std::string& member);
const Json& member(const Json& object, const std::string& name);  // null if it is not there

}  // namespace settle::ctl
