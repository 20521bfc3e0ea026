#include "json_strict.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "json_object.hpp"

namespace settle {
namespace {

// Sees every member's name as the parser meets it.
class DuplicateWatch {
 public:
  bool operator()(int /*depth*/, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key && duplicate_.empty()) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!open_.back().insert(name).second) duplicate_ = "/" + name;
    }
    return true;
  }
  const std::string& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string duplicate_;
};

}  // namespace

std::optional<std::string> parse_strictly(std::string_view text, nlohmann::json& into) {
  if (text.size() > document_bytes_max) return ": larger than 64 KiB";
  if (!is_json_object(text)) return ": must be a JSON object";
  DuplicateWatch watch;
  into = nlohmann::json::parse(text.begin(), text.end(), std::ref(watch), false);
  if (into.is_discarded()) return ": must be a JSON object";
  if (!watch.duplicate().empty()) return watch.duplicate() + ": appears twice";
  return std::nullopt;
}

}  // namespace settle
