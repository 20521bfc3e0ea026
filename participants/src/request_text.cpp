#include "request_text.hpp"

#include <algorithm>

#include "settle/participants/json_text.hpp"

namespace settle {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

bool is_field_name(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

}  // namespace

bool is_sendable(const HttpRequest& request) {
  return std::all_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
    return is_field_name(header.first) && is_plain(header.second);
  });
}

void write_request(std::string& out, const Url& url, const HttpRequest& request) {
  out.clear();
  out.append("POST ").append(url.target.empty() ? std::string_view("/") : url.target);
  out.append(" HTTP/1.1\r\nHost: ").append(url.authority).append("\r\nContent-Length: ");
  append_json_number(out, static_cast<std::int64_t>(request.body.size()));
  out.append("\r\n");
  for (const auto& [name, value] : request.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  out.append("\r\n").append(request.body);
}

}  // namespace settle
