// Well-formedness by nlohmann's parser, as events: nothing is built, and depth is bounded while it reads.

#include <nlohmann/json.hpp>

#include "json_object.hpp"

namespace settle {
namespace {

// Answers false to stop the parser.
struct DepthCheck {
  using json = nlohmann::json;
  std::size_t depth = 0;
  bool object = false;

  bool open(bool is_object) {
    if (depth == 0) object = is_object;
    return ++depth <= json_depth_max;
  }
  bool close() { return --depth, true; }

  bool null() { return true; }
  bool boolean(bool /*value*/) { return true; }
  bool number_integer(json::number_integer_t /*value*/) { return true; }
  bool number_unsigned(json::number_unsigned_t /*value*/) { return true; }
  bool number_float(json::number_float_t /*value*/, const json::string_t& /*text*/) { return true; }
  bool string(json::string_t& /*value*/) { return true; }
  bool binary(json::binary_t& /*value*/) { return true; }
  bool start_object(std::size_t /*count*/) { return open(true); }
  bool key(json::string_t& /*value*/) { return true; }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*count*/) { return open(false); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const json::exception& /*what*/) {
    return false;
  }
};

}  // namespace

bool is_json_object(std::string_view text) {
  // nlohmann takes NUL for the end of the text and skips a byte order mark; later readers would not.
  if (text.find('\0') != std::string_view::npos) return false;
  const std::string_view trimmed = json_trim(text);
  if (trimmed.empty() || trimmed.front() != '{') return false;
  DepthCheck check;
  return nlohmann::json::sax_parse(text.begin(), text.end(), &check) && check.object;
}

}  // namespace settle
