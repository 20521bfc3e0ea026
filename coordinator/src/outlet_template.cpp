#include "outlet_template.hpp"

#include <algorithm>

#include "settle/participants/json_text.hpp"

namespace settle {
namespace {

constexpr std::string_view open = "{{", close = "}}";

std::string escaped(bool form, const std::string& value) {
  if (form) return percent_encoded(value);
  std::string out;
  append_json_escaped(out, value);
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return out;
}

std::string filled(const SmsForm& sms, const std::string& text, const std::string& phone,
                   const std::string& secret) {
  std::string out;
  std::string_view rest = sms.body;
  while (!rest.empty()) {
    const std::size_t begin = rest.find(open), end = rest.find(close, std::min(begin, rest.size()));
    if (begin == std::string_view::npos || end == std::string_view::npos) return out.append(rest);
    out.append(rest.substr(0, begin));
    const std::string_view name = rest.substr(begin + 2, end - begin - 2);
    if (name == "text") out += escaped(sms.form, text);
    if (name == "phone") out += escaped(sms.form, phone);
    if (name == "secret") out += escaped(sms.form, secret);
    rest.remove_prefix(end + 2);
  }
  return out;
}

std::string wrong_with_template(const SmsForm& sms) {
  for (std::string_view rest = sms.body; rest.find(open) != std::string_view::npos;) {
    rest.remove_prefix(rest.find(open) + 2);
    const std::string_view name = rest.substr(0, rest.find(close));
    if (name == rest || (name != "text" && name != "phone" && name != "secret"))
      return "knows the places {{text}}, {{phone}} and {{secret}}";
  }
  for (const char* needed : {"{{text}}", "{{phone}}"})
    if (sms.body.find(needed) == std::string::npos) return std::string("must hold ") + needed;
  if (!sms.form) {
    const std::string sample = filled(sms, "a", "+1", "b");
    return nlohmann::json::accept(sample) ? "" : "must be JSON, with the places within strings";
  }
  const bool visible =
      std::all_of(sms.body.begin(), sms.body.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return visible ? "" : "must be visible ASCII, without spaces";
}

}  // namespace settle
