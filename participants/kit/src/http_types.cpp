#include <nlohmann/json.hpp>

#include "settle/kit/http.hpp"

namespace settle::kit {

std::string_view Request::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Response problem(int status, std::string_view code, std::string_view detail) {
  const nlohmann::json body = {
      {"type", "about:blank"}, {"status", status}, {"title", code}, {"code", code}, {"detail", detail}};
  // A detail may quote what came in, which need not be UTF-8.
  return {status,
          "application/problem+json",
          body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          {}};
}

}  // namespace settle::kit
