#pragma once
// What is printed: aligned columns, colours on a terminal only, and nothing that could command the terminal.

#include <iosfwd>
#include <string>
#include <vector>

namespace settle::ctl {

enum class Colour { none, green, yellow, red, dim, bold };

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
  bool colours = false;

  // `text` in a colour if colours are on.
  std::string paint(Colour colour, const std::string& text) const;
};

// `text` without control characters: what others wrote may not move the cursor.
std::string printable(const std::string& text);

// How many columns UTF-8 text takes, each code point counted as one.
std::size_t width_of(const std::string& text);

struct Cell {
  std::string text;
  Colour colour = Colour::none;
  bool right = false;

  Cell(std::string plain, Colour shade = Colour::none,
       bool align_right = false)  // NOLINT(google-explicit-constructor)
      : text(std::move(plain)), colour(shade), right(align_right) {}
  Cell(const char* plain) : text(plain) {}  // NOLINT(google-explicit-constructor)
};

// Rows under a heading. Every row has as many cells as the heading.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  void print(const Console& console, const std::string& indent = "") const;

 private:
  std::vector<std::string> heading_;
  std::vector<std::vector<Cell>> rows_;
};

// The colour of a state's name: green for ends that are good, red for what needs a look, yellow for what
// moves.
Colour colour_of_state(const std::string& state);

}  // namespace settle::ctl
