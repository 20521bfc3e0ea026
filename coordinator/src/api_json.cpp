#include "api_json.hpp"

#include <utility>
#include <vector>

#include "json_writer.hpp"

namespace settle {
namespace {

using nlohmann::json;
constexpr int number_overflow = 406;  // nlohmann's id of this error

class StrictBuilder {
 public:
  // The names are nlohmann's.
  using number_integer_t = json::number_integer_t;
  using number_unsigned_t = json::number_unsigned_t;
  using number_float_t = json::number_float_t;
  using string_t = json::string_t;
  using binary_t = json::binary_t;

  explicit StrictBuilder(json& root) : root_(root) {}
  std::optional<Problem>& problem() { return problem_; }

  bool null() { return put(json()); }
  bool boolean(bool value) { return put(json(value)); }
  bool number_integer(number_integer_t value) { return put(json(value)); }
  bool number_unsigned(number_unsigned_t value) { return put(json(value)); }
  bool number_float(number_float_t value, const string_t& text) {
    if (text.find_first_of(".eE") == string_t::npos) {
      count();
      return fail("number_out_of_range", "an integer must fit 64 bits");
    }
    return put(json(value));
  }
  bool string(string_t& value) { return put(json(std::move(value))); }
  bool binary(binary_t& /*value*/) { return fail("malformed_json", "binary values are not JSON"); }

  bool start_object(std::size_t /*size*/) { return open(json::object()); }
  bool start_array(std::size_t /*size*/) { return open(json::array()); }
  bool end_object() { return open_.pop_back(), true; }
  bool end_array() { return open_.pop_back(), true; }
  bool key(string_t& name) {
    Frame& frame = open_.back();
    frame.key = std::move(name);
    const auto [place, added] = frame.node->get_ref<json::object_t&>().try_emplace(frame.key);
    if (!added) return fail("duplicate_name", "the name appears twice");
    frame.member = &place->second;
    return true;
  }

  template <class Exception>
  bool parse_error(std::size_t position, const std::string& /*token*/, const Exception& error) {
    if (error.id == number_overflow) {
      count();
      return fail("number_out_of_range", "the number is too large");
    }
    return fail("malformed_json", "syntax error at byte " + std::to_string(position));
  }

 private:
  struct Frame {
    json* node;
    std::string key;         // of an object: the member that is being read
    json* member = nullptr;  // and its place
    std::size_t count = 0;   // of an array: elements begun
  };

  void count() {
    if (!open_.empty()) ++open_.back().count;
  }
  json* place(json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Frame& frame = open_.back();
    ++frame.count;
    if (frame.node->is_object()) return &(*frame.member = std::move(value));
    frame.node->push_back(std::move(value));
    return &frame.node->back();
  }
  bool put(json value) { return place(std::move(value)), true; }
  bool open(json container) {
    if (open_.size() == json_nesting_max) {
      count();
      return fail("json_too_deep", "at most " + std::to_string(json_nesting_max) + " levels");
    }
    json* const node = place(std::move(container));
    open_.push_back(Frame{node, {}, nullptr, 0});
    return true;
  }
  bool fail(const char* code, std::string detail) {
    std::string pointer;
    for (const Frame& frame : open_) {
      if (frame.node->is_array()) {
        append_pointer(pointer, std::to_string(frame.count == 0 ? 0 : frame.count - 1));
      } else if (frame.member != nullptr || !frame.key.empty()) {
        append_pointer(pointer, frame.key);
      }
    }
    problem_ = Problem{code, std::move(detail), std::move(pointer)};
    return false;
  }

  json& root_;
  std::vector<Frame> open_;
  std::optional<Problem> problem_;
};

}  // namespace

void append_pointer(std::string& pointer, std::string_view name) {
  pointer += '/';
  for (const char c : name.substr(0, 128)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::optional<Problem> read_json(std::string_view text, nlohmann::json& into) {
  if (!is_utf8(text)) return Problem{"invalid_utf8", "the body is not UTF-8", ""};
  // nlohmann takes NUL for the end of the text, and would not look at what stands behind it.
  if (text.find('\0') != std::string_view::npos)
    return Problem{"malformed_json", "the body holds a NUL byte", ""};
  StrictBuilder builder(into);
  if (json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  if (builder.problem()) return builder.problem();
  return Problem{"malformed_json", "the body is not JSON", ""};
}

}  // namespace settle
