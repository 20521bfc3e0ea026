#include "language.hpp"

#include <algorithm>
#include <optional>

namespace settle {
namespace {

constexpr std::size_t header_bytes_max = 1024;
constexpr int ranges_max = 32;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view take(std::string_view& text, char until) {
  const std::string_view part = text.substr(0, text.find(until));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return trimmed(part);
}

// "0", "0.5", "1.000": in thousandths; nullopt: it is none.
std::optional<int> thousandths(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int value = (text[0] - '0') * 1000, place = 100;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value += (text[i] - '0') * place;
  }
  return value <= 1000 ? std::optional<int>(value) : std::nullopt;
}

bool is_language(std::string_view range, std::string_view two_letters) {
  return range.size() >= 2 && lower(range[0]) == two_letters[0] && lower(range[1]) == two_letters[1] &&
         (range.size() == 2 || range[2] == '-');
}

// How much one language is wanted, and by which range that was said.
struct Wish {
  int quality = -1;  // -1: not said
  int place = ranges_max;
  void hear(int said, int at) {
    if (said > quality) quality = said, place = at;
  }
};

}  // namespace

Language preferred_language(std::string_view accept_language) {
  std::string_view rest = accept_language.substr(0, header_bytes_max);
  Wish chinese, english, any;
  for (int place = 0; place < ranges_max && !rest.empty(); ++place) {
    std::string_view item = take(rest, ',');
    const std::string_view range = take(item, ';');
    std::optional<int> quality = 1000;
    if (!item.empty()) {
      std::string_view weight = trimmed(item);
      const std::string_view name = take(weight, '=');
      quality = name.size() == 1 && lower(name[0]) == 'q' ? thousandths(weight) : std::nullopt;
    }
    if (!quality) continue;
    if (is_language(range, "zh")) chinese.hear(*quality, place);
    if (is_language(range, "en")) english.hear(*quality, place);
    if (range == "*") any.hear(*quality, place);
  }
  if (chinese.quality < 0) chinese = any;
  if (english.quality < 0) english = any;
  if (chinese.quality <= 0) return Language::english;
  if (chinese.quality != english.quality)
    return chinese.quality > english.quality ? Language::chinese : Language::english;
  return chinese.place < english.place ? Language::chinese : Language::english;
}

}  // namespace settle
