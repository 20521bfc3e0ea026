#pragma once
// The command line: which command, with which flags and operands.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "settle/statemachine/result.hpp"

namespace settle::ctl {

// "--NAME VALUE", or a switch "--NAME" when `value` is empty.
struct Flag {
  std::string name, value, help;
};

struct Arguments {
  std::map<std::string, std::string> flags;  // switches as "true"
  std::vector<std::string> operands;

  bool has(const std::string& flag) const { return flags.count(flag) > 0; }
  std::string get(const std::string& flag, const std::string& fallback = "") const;
  // The flag as a whole number. Errors: usage.
  Result<std::optional<long long>> number(const std::string& flag) const;
  const std::string& operand(std::size_t index) const { return operands.at(index); }
};

// Reads what comes after the command's words. `operands` as in Command. Errors: usage, with the nearest flag.
Result<Arguments> parse_arguments(const std::vector<Flag>& flags, const std::vector<std::string>& operands,
                                  const std::vector<std::string>& words);

}  // namespace settle::ctl
