// settlectl: sees and steers purchases at settled, over its HTTP API.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "command.hpp"
#include "exit_code.hpp"

namespace {

using namespace settle;
using namespace settle::ctl;

int complain(const Console& console, const Error& error) {
  const Exit exit = exit_of(error);
  if (console.json) {
    const Json line = {{"error", error.code}, {"detail", error.detail}, {"exit", static_cast<int>(exit)}};
    console.err << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    console.err << console.paint(Colour::red, "settlectl: ") << printable(error.detail) << '\n';
  }
  return static_cast<int>(exit);
}

std::string base_url(const Arguments& arguments) {
  const char* fallback = std::getenv("SETTLE_URL");
  std::string url =
      arguments.get("url", fallback != nullptr && *fallback != '\0' ? fallback : "http://127.0.0.1:7070");
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

Result<Session> session_of(const Arguments& arguments, const Console& console) {
  const auto timeout = arguments.number("timeout");
  if (!timeout) return timeout.error();
  const long long seconds = timeout->value_or(30);
  if (seconds < 1 || seconds > 3600) return Error{"usage", "--timeout is 1 to 3600 seconds"};
  return Session{console, base_url(arguments), static_cast<int>(seconds)};
}

// Global flags may stand before the command too: they are moved behind it.
std::vector<std::string> reorder(std::vector<std::string> words) {
  std::vector<std::string> moved;
  while (!words.empty() && words[0].rfind("--", 0) == 0) {
    const bool valued = words[0] == "--url" || words[0] == "--timeout";
    const std::size_t count = valued && words.size() > 1 ? 2 : 1;
    moved.insert(moved.end(), words.begin(), words.begin() + static_cast<long>(count));
    words.erase(words.begin(), words.begin() + static_cast<long>(count));
  }
  words.insert(words.end(), moved.begin(), moved.end());
  return words;
}

bool asks_for(const std::vector<std::string>& words, const std::string& flag) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == flag) return true;
  }
  return false;
}

int run(const std::vector<std::string>& words, const Console& console) {
  if (words.empty() || words[0] == "help" || (words[0].rfind("--", 0) == 0 && asks_for(words, "--help"))) {
    (words.empty() ? console.err : console.out) << overview();
    return words.empty() ? static_cast<int>(Exit::usage) : 0;
  }
  const auto found = find_command(words);
  if (!found) return complain(console, found.error());
  const Command& command = *found->command;
  const std::vector<std::string> rest(words.begin() + static_cast<long>(found->words), words.end());
  if (asks_for(rest, "--help")) {
    console.out << help_of(command);
    return 0;
  }
  std::vector<Flag> flags = command.flags;
  flags.insert(flags.end(), global_flags().begin(), global_flags().end());
  const auto arguments = parse_arguments(flags, command.operands, rest);
  if (!arguments) {
    const int code = complain(console, arguments.error());
    if (!console.json) console.err << "           settlectl " << command.words << " --help says more\n";
    return code;
  }
  const auto session = session_of(*arguments, console);
  if (!session) return complain(console, session.error());
  const auto outcome = command.run(*session, *arguments);
  return outcome ? *outcome : complain(console, outcome.error());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  const std::vector<std::string> words = reorder({argv + 1, argv + argc});
  const bool plain = std::getenv("NO_COLOR") != nullptr;
  const Console console{std::cout, std::cerr, asks_for(words, "--json"),
                        !plain && isatty(STDOUT_FILENO) == 1};
  const int code = run(words, console);
  std::cout.flush();
  // cpprestsdk's threads have nothing left to do, and waiting for their ends can hang on a broken connection.
  std::_Exit(std::cout ? code : static_cast<int>(Exit::server));
}
