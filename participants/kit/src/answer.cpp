#include "settle/kit/answer.hpp"

#include <utility>

namespace settle::kit {

namespace {

std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Answer Answer::done(nlohmann::json result) {
  Answer answer;
  answer.result = std::move(result);
  return answer;
}

Answer Answer::refused(std::string code, std::string detail) {
  Answer answer;
  answer.kind = Kind::refused;
  answer.code = std::move(code);
  answer.detail = std::move(detail);
  answer.status = 409;
  return answer;
}

Answer Answer::accepted() {
  Answer answer;
  answer.kind = Kind::accepted;
  answer.status = 202;
  return answer;
}

Answer Answer::not_now(std::string code, std::string detail, int retry_after_s, int status) {
  Answer answer = refused(std::move(code), std::move(detail));
  answer.kind = Kind::not_now;
  answer.status = status;
  answer.retry_after_s = retry_after_s;
  return answer;
}

Response to_response(const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::done:
      return {answer.status, "application/json", dump(answer.result), {}};
    case Answer::Kind::accepted:
      return {answer.status, "application/json", "{}", {}};
    case Answer::Kind::refused:
    case Answer::Kind::not_now:
      break;
  }
  Response response = problem(answer.status, answer.code, answer.detail);
  if (answer.retry_after_s > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(answer.retry_after_s));
  }
  return response;
}

std::string callback_body(const Answer& answer) {
  if (answer.kind == Answer::Kind::refused) {
    return dump({{"outcome", "refused"}, {"code", answer.code}, {"detail", answer.detail}});
  }
  return dump({{"outcome", "done"}, {"result", answer.result}});
}

}  // namespace settle::kit
