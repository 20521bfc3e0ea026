#pragma once
// What a handler answers.

#include <nlohmann/json.hpp>
#include <string>

#include "settle/kit/http.hpp"

namespace settle::kit {

struct Answer {
  enum class Kind {
    done,      // 200; stored; a repetition gets the same
    refused,   // 409; on a try: stored, and all that the handler wrote is undone. Elsewhere: a contradiction,
               // not stored
    accepted,  // 202; stored as unfinished until Participant::finish
    not_now    // 503; nothing is stored, all that the handler wrote is undone
  };
  Kind kind = Kind::done;
  nlohmann::json result = nlohmann::json::object();
  std::string code;    // refused, not_now: for programs
  std::string detail;  // refused, not_now: for people; no secrets
  int status = 200;
  int retry_after_s = 0;

  static Answer done(nlohmann::json result = nlohmann::json::object());
  static Answer refused(std::string code, std::string detail);
  static Answer accepted();
  static Answer not_now(std::string code, std::string detail, int retry_after_s = 1, int status = 503);
};

Response to_response(const Answer& answer);
// The body of a callback (section 4). Only for done and refused.
std::string callback_body(const Answer& answer);

}  // namespace settle::kit
