#pragma once
// A command as data: parsing, help, suggestions and completion all read the same table.

#include <string>
#include <vector>

#include "api.hpp"
#include "arguments.hpp"

namespace settle::ctl {

struct Command {
  std::string words;                  // "participant list"
  std::vector<std::string> operands;  // "NAME"; "[NAME]" may be left out
  std::string summary;
  std::vector<Flag> flags;
  std::string example;
  std::string notes;  // more for --help
  // Prints its answer to the session's console. Errors: as in exit_code.hpp. The value is the exit code.
  Result<int> (*run)(const Session&, const Arguments&);
};

// Of all commands: --url, --json, --timeout, --help.
const std::vector<Flag>& global_flags();

// All of them, in the order in which --help shows them.
const std::vector<Command>& commands();

// The groups that make up `commands()`.
std::vector<Command> registry_commands();    // participant, merchant, definitions
std::vector<Command> receivers_commands();   // receivers
std::vector<Command> check_commands();       // participant check
std::vector<Command> purchase_commands();    // submit, show, attempts, list, dead-letters, stats
std::vector<Command> act_commands();         // cancel, retry, reopen, resolve
std::vector<Command> endpoint_commands();    // endpoints list, enable, disable
std::vector<Command> bulk_commands();        // dead-letters retry, ...
std::vector<Command> act_commands();         // assign, note, cancel, retry, reopen, resolve
std::vector<Command> daemon_commands();      // pause, resume, sweep, status, journal
std::vector<Command> completion_commands();  // completion

std::string overview();  // settlectl --help
std::string help_of(const Command& command);

// The command that the first words name, and how many words those are. Errors: usage, with the nearest one.
struct Found {
  const Command* command = nullptr;
  std::size_t words = 0;
};
Result<Found> find_command(const std::vector<std::string>& words);

// Prints an answer as --json does.
void print_json(const Session& session, const Json& body);

// Reads FILE, or standard input for "-", as one JSON value. Errors: usage.
Result<Json> read_json_file(const std::string& path);

}  // namespace settle::ctl
