#include "console.hpp"

#include <algorithm>
#include <ostream>

namespace settle::ctl {

std::string Console::paint(Colour colour, const std::string& text) const {
  static const char* const codes[] = {"", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m", "\x1b[1m"};
  if (!colours || colour == Colour::none || text.empty()) return text;
  return codes[static_cast<int>(colour)] + text + "\x1b[0m";
}

std::string printable(const std::string& text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls come as C2 80..9F in UTF-8.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    clean += byte < 0x20 || byte == 0x7F || c1 ? ' ' : text[i];
  }
  return clean;
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
}

namespace {

std::string pad(std::size_t count) {
  return std::string(count, ' ');
}

void print_row(const Console& console, const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
               const std::string& indent) {
  std::string line = indent;
  std::size_t owed = 0;  // blanks are printed only before something
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string text = printable(row[i].text);
    const std::size_t space = widths[i] - width_of(text);
    if (!text.empty()) {
      line += pad(owed + (row[i].right ? space : 0)) + console.paint(row[i].colour, text);
      owed = (row[i].right ? 0 : space) + 2;
    } else {
      owed += space + 2;
    }
  }
  console.out << line << '\n';
}

}  // namespace

void Table::print(const Console& console, const std::string& indent) const {
  std::vector<std::size_t> widths;
  std::vector<Cell> heading;
  for (std::size_t i = 0; i < heading_.size(); ++i) {
    std::size_t width = width_of(heading_[i]);
    for (const auto& row : rows_) width = std::max(width, width_of(printable(row[i].text)));
    widths.push_back(width);
    heading.emplace_back(heading_[i], Colour::bold, !rows_.empty() && rows_[0][i].right);
  }
  print_row(console, heading, widths, indent);
  for (const auto& row : rows_) print_row(console, row, widths, indent);
}

Colour colour_of_state(const std::string& state) {
  if (state == "completed" || state == "confirmed" || state == "delivered" || state == "ready")
    return Colour::green;
  if (state == "cancelled" || state == "idle") return Colour::dim;
  if (state == "parked" || state == "rejected" || state == "abandoned" || state == "failed")
    return Colour::red;
  return Colour::yellow;
}

}  // namespace settle::ctl
