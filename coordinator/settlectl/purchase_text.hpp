#pragma once
// A purchase as people read it.

#include "command.hpp"

namespace settle::ctl {

// "ID  completed  shop-1 A-1001 …": a few lines.
void print_headline(const Console& console, const Json& purchase);
// One line a step: state, attempts, what comes next, the last error.
void print_steps(const Console& console, const Json& purchase, std::int64_t now);
// What happens next and when, or who has to do something.
std::string what_next(const Json& purchase, std::int64_t now);

Command show_command();
Command list_command();
Command dead_letters_command();
Command attempts_command();
Command stats_command();

}  // namespace settle::ctl
