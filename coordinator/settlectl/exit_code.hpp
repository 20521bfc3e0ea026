#pragma once
// What settlectl answers its caller. Scripts rely on the numbers: never change one.

#include "settle/statemachine/result.hpp"

namespace settle::ctl {

enum class Exit : int {
  ok = 0,
  refused = 1,      // by the purchase's state, by a check, or `submit --wait` ended cancelled
  usage = 2,        // the command, or what it sent, cannot be understood
  not_found = 3,    // no such purchase, participant, merchant or definition
  unreachable = 4,  // nobody answers at the URL
  server = 5,       // settled has a fault, or takes nothing now
};

// Errors inside settlectl carry one of these as their code: refused, usage, not_found, unreachable, server.
Exit exit_of(const Error& error);

// The error that an HTTP status and a problem's code stand for.
Error error_of(int status, const std::string& problem_code, const std::string& text);

}  // namespace settle::ctl
