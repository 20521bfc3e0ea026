#include "arguments.hpp"

#include <algorithm>
#include <charconv>

#include "suggest.hpp"

namespace settle::ctl {

namespace {

Error usage(const std::string& text) {
  return {"usage", text};
}

Error unknown_flag(const std::vector<Flag>& flags, const std::string& name) {
  std::vector<std::string> names;
  names.reserve(flags.size());
  for (const Flag& flag : flags) names.push_back(flag.name);
  const auto meant = nearest(name, names);
  return usage("unknown flag --" + name + (meant ? "; did you mean --" + *meant + "?" : ""));
}

bool optional_operand(const std::string& operand) {
  return operand.front() == '[';
}

Status check_operands(const std::vector<std::string>& operands, std::size_t given,
                      const std::string& surplus) {
  const auto needed = static_cast<std::size_t>(std::count_if(
      operands.begin(), operands.end(), [](const auto& one) { return !optional_operand(one); }));
  if (given < needed) return usage(operands[given] + " is missing");
  if (given > operands.size()) return usage("unexpected argument \"" + surplus + "\"");
  return ok();
}

}  // namespace

std::string Arguments::get(const std::string& flag, const std::string& fallback) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? fallback : found->second;
}

Result<std::optional<long long>> Arguments::number(const std::string& flag) const {
  if (!has(flag)) return std::optional<long long>{};
  const std::string text = get(flag);
  long long value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end)
    return usage("--" + flag + " wants a whole number, not \"" + text + "\"");
  return std::optional<long long>{value};
}

Result<Arguments> parse_arguments(const std::vector<Flag>& flags, const std::vector<std::string>& operands,
                                  const std::vector<std::string>& words) {
  Arguments arguments;
  bool flags_end = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (flags_end || word.rfind("--", 0) != 0) {
      arguments.operands.push_back(word);
      continue;
    }
    if (word == "--") {
      flags_end = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto flag =
        std::find_if(flags.begin(), flags.end(), [&](const Flag& one) { return one.name == name; });
    if (flag == flags.end()) return unknown_flag(flags, name);
    if (arguments.has(name)) return usage("--" + name + " is there twice");
    if (flag->value.empty()) {
      if (equals != std::string::npos) return usage("--" + name + " takes no value");
      arguments.flags[name] = "true";
    } else if (equals != std::string::npos) {
      arguments.flags[name] = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      arguments.flags[name] = words[++i];
    } else {
      return usage("--" + name + " wants a value: " + flag->value);
    }
  }
  const std::string surplus =
      arguments.operands.size() > operands.size() ? arguments.operands[operands.size()] : std::string();
  if (Status good = check_operands(operands, arguments.operands.size(), surplus); !good) return good.error();
  return arguments;
}

}  // namespace settle::ctl
