// completion: scripts for bash and zsh, made from the table of commands.

#include <ostream>
#include <sstream>

#include "command.hpp"

namespace settle::ctl {

namespace {

std::string flags_of(const Command& command) {
  std::string words;
  for (const Flag& flag : command.flags) words += (words.empty() ? "--" : " --") + flag.name;
  for (const Flag& flag : global_flags()) words += " --" + flag.name;
  return words;
}

// "list get put" after "participant"; the commands themselves for "".
std::string seconds_of(const std::string& first) {
  std::string words, last;
  for (const Command& command : commands()) {
    const std::size_t blank = command.words.find(' ');
    const std::string head = command.words.substr(0, blank);
    if (first.empty() && head != last) words += (words.empty() ? "" : " ") + head;
    if (!first.empty() && head == first && blank != std::string::npos)
      words += (words.empty() ? "" : " ") + command.words.substr(blank + 1);
    last = head;
  }
  return words;
}

// The words that may come next, as lines of a shell's `case` over what stands before the cursor.
std::string cases(const std::string& variable) {
  std::ostringstream lines;
  for (const Command& command : commands()) {
    // A command that others begin with: its own flags, or one of those.
    const std::string more = seconds_of(command.words);
    lines << "    '" << command.words << " '*) " << variable << "='" << more << (more.empty() ? "" : " ")
          << flags_of(command) << "' ;;\n";
  }
  const std::string heads = seconds_of("");
  std::istringstream each(heads);
  for (std::string head; each >> head;) {
    const std::string seconds = seconds_of(head);
    if (!seconds.empty()) lines << "    '" << head << " '*) " << variable << "='" << seconds << "' ;;\n";
  }
  lines << "    *) " << variable << "='" << heads << " --help' ;;\n";
  return lines.str();
}

std::string bash_script() {
  return "# bash completion of settlectl: eval \"$(settlectl completion bash)\"\n"
         "_settlectl() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before words\n"
         "  before=\"${COMP_WORDS[*]:1:COMP_CWORD-1} \"\n"
         "  case \"$before\" in\n" +
         cases("words") +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "  return 0\n"
         "}\n"
         "complete -o filenames -F _settlectl settlectl\n";
}

std::string zsh_script() {
  return "#compdef settlectl\n"
         "# zsh completion of settlectl: eval \"$(settlectl completion zsh)\"\n"
         "_settlectl() {\n"
         "  local before next\n"
         "  before=\"${(j: :)words[2,CURRENT-1]} \"\n"
         "  case \"$before\" in\n" +
         cases("next") +
         "  esac\n"
         "  compadd -- ${=next} || _files\n"
         "}\n"
         "compdef _settlectl settlectl\n";
}

Result<int> completion(const Session& session, const Arguments& arguments) {
  const std::string& shell = arguments.operand(0);
  if (shell != "bash" && shell != "zsh") return Error{"usage", "completion is there for bash and zsh"};
  session.console.out << (shell == "bash" ? bash_script() : zsh_script());
  return 0;
}

}  // namespace

std::vector<Command> completion_commands() {
  return {{"completion",
           {"bash|zsh"},
           "a completion script for your shell",
           {},
           "eval \"$(settlectl completion bash)\"",
           "",
           completion}};
}

}  // namespace settle::ctl
