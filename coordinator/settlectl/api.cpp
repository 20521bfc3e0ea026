#include "api.hpp"

#include "exit_code.hpp"

namespace settle::ctl {

Result<Answer> call(const Session& session, const std::string& method, const std::string& path,
                    const Json* body, const std::map<std::string, std::string>& headers) {
  HttpCall request{method, session.url + path, headers, body == nullptr ? "" : body->dump(),
                   session.timeout_s};
  const auto reply = send(request);
  if (!reply) return reply.error();
  if (reply->status >= 400) return problem_of(*reply);
  Answer answer{reply->status, nullptr, reply->headers};
  if (reply->body.empty()) return answer;
  answer.body = Json::parse(reply->body, nullptr, false);
  if (answer.body.is_discarded())
    return Error{"server", "the answer is not JSON: is this settled at " + session.url + "?"};
  return answer;
}

Error problem_of(const HttpReply& reply) {
  const Json problem = Json::parse(reply.body, nullptr, false);
  const std::string code = text(problem, "code");
  std::string line = text(problem, "detail");
  if (line.empty()) line = "HTTP status " + std::to_string(reply.status);
  const std::string pointer = text(problem, "pointer");
  if (!pointer.empty()) line += ", at " + pointer;
  if (!code.empty()) line += " (" + code + ")";
  return error_of(reply.status, code, line);
}

std::string escape(const std::string& text) {
  static const char* const digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      escaped += c;
    } else {
      escaped += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return escaped;
}

const Json& member(const Json& object, const std::string& name) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

std::string text(const Json& object, const std::string& name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

long long number(const Json& object, const std::string& name, long long fallback) {
  const Json& value = member(object, name);
  return value.is_number_integer() ? value.get<long long>() : fallback;
}

bool flag(const Json& object, const std::string& name) {
  const Json& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

}  // namespace settle::ctl
