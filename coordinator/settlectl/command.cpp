#include "command.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "suggest.hpp"

namespace settle::ctl {

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags = {
      {"url", "URL", "where settled listens (default: $SETTLE_URL, else http://127.0.0.1:7070)"},
      {"json", "", "print what settled answered, as JSON"},
      {"timeout", "SECONDS", "how long to wait for an answer (default: 30)"},
      {"help", "", "what this command does, with an example"}};
  return flags;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> list;
    for (auto group : {purchase_commands(), act_commands(), check_commands(), registry_commands(),
                       endpoint_commands(), receivers_commands(), daemon_commands(), completion_commands()})
      std::move(group.begin(), group.end(), std::back_inserter(list));
    return list;
  }();
  return all;
}

namespace {

std::string line_of(const std::string& left, const std::string& right, std::size_t width) {
  std::string line = "  " + left;
  line.resize(std::max(line.size() + 2, width), ' ');
  return line + right + '\n';
}

std::string usage_of(const Command& command) {
  std::string usage = command.words;
  for (const std::string& operand : command.operands) usage += " " + operand;
  return usage;
}

std::string flag_text(const Flag& flag) {
  return "--" + flag.name + (flag.value.empty() ? "" : " " + flag.value);
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Error unknown_command(const std::vector<std::string>& words) {
  std::vector<std::string> firsts, seconds;
  for (const Command& command : commands()) {
    const auto parts = split(command.words);
    if (parts.size() > 1 && parts[0] == words[0]) seconds.push_back(parts[1]);
    firsts.push_back(parts[0]);
  }
  if (!seconds.empty()) {
    std::string list;
    for (const std::string& second : seconds) list += (list.empty() ? "" : ", ") + second;
    if (words.size() < 2) return {"usage", words[0] + " what? " + list};
    const auto meant = nearest(words[1], seconds);
    return {"usage", "\"" + words[0] + " " + words[1] + "\" is no command; " +
                         (meant ? "did you mean \"" + words[0] + " " + *meant + "\"?" : "there are " + list)};
  }
  const auto meant = nearest(words[0], firsts);
  return {"usage", "\"" + words[0] + "\" is no command; " +
                       (meant ? "did you mean \"" + *meant + "\"?" : "settlectl --help lists them")};
}

}  // namespace

std::string overview() {
  std::string help =
      "settlectl: sees and steers purchases at settled\n\nUsage: settlectl COMMAND [ARGUMENTS] [--json] "
      "[--url URL]\n\n"
      "Commands (settlectl COMMAND --help says more):\n";
  for (const Command& command : commands()) help += line_of(usage_of(command), command.summary, 34);
  help += "\nFor all of them:\n";
  for (const Flag& flag : global_flags()) help += line_of(flag_text(flag), flag.help, 24);
  help +=
      "\nExit codes: 0 done; 1 refused by the purchase's state or by the check; 2 usage; 3 not found;\n"
      "4 nobody answers at the URL; 5 settled has a fault or takes nothing now.\n";
  return help;
}

std::string help_of(const Command& command) {
  std::string help = "settlectl " + command.words + ": " + command.summary + "\n\nUsage: settlectl " +
                     usage_of(command) + (command.flags.empty() ? "" : " [FLAGS]") + "\n\n";
  for (const Flag& flag : command.flags) help += line_of(flag_text(flag), flag.help, 24);
  if (!command.flags.empty()) help += "\n";
  for (const Flag& flag : global_flags()) help += line_of(flag_text(flag), flag.help, 24);
  if (!command.notes.empty()) help += "\n" + command.notes + "\n";
  return help + "\nExample:\n  " + command.example + "\n";
}

Result<Found> find_command(const std::vector<std::string>& words) {
  for (const Command& command : commands()) {
    const auto parts = split(command.words);
    if (words.size() >= parts.size() && std::equal(parts.begin(), parts.end(), words.begin()))
      return Found{&command, parts.size()};
  }
  return unknown_command(words);
}

void print_json(const Session& session, const Json& body) {
  session.console.out << body.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

Result<Json> read_json_file(const std::string& path) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream file(path);
    if (!file) return Error{"usage", "cannot read " + path};
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"usage", (path == "-" ? "standard input" : path) + " is not JSON"};
  return json;
}

}  // namespace settle::ctl
