#include "mix.hpp"

namespace settle::scenarios {

Failure draw_failure(sim::Random& random) {
  const std::uint64_t share = random.below(100);
  if (share < 50) {
    constexpr Failure network[] = {Failure::dns, Failure::refused, Failure::reset, Failure::connect_timeout};
    return network[random.below(4)];
  }
  if (share < 70) return random.chance(500'000) ? Failure::server_error : Failure::wrong_body;
  return share < 90 ? Failure::timeout : Failure::business;
}

bool may_have_happened(Failure failure) {
  return failure == Failure::timeout || failure == Failure::reset || failure == Failure::server_error;
}

HttpAnswer failed_answer(Failure failure) {
  HttpAnswer answer;
  answer.failure_detail = "as the experiment has it";
  answer.content_type = "application/json";
  switch (failure) {
    case Failure::dns:
      answer.failure = Cause::dns;
      break;
    case Failure::refused:
      answer.failure = Cause::refused;
      break;
    case Failure::reset:
      answer.failure = Cause::reset;
      break;
    case Failure::connect_timeout:
      answer.failure = Cause::connect_timeout;
      break;
    case Failure::timeout:
      answer.failure = Cause::answer_timeout;
      break;
    case Failure::server_error:
      answer.status = 500;
      answer.body = "<html>Internal Server Error</html>";
      answer.content_type = "text/html";
      break;
    case Failure::wrong_body:
      answer.status = 200;
      answer.body = R"("system busy")";
      break;
    case Failure::business:
      answer.status = 409;
      answer.body = R"({"code":"order_not_ready","detail":"the order is not known here yet"})";
      break;
  }
  return answer;
}

DurationMs failed_after(Failure failure, const HttpRequest& request, sim::Random& random) {
  if (failure == Failure::timeout) return request.answer_timeout;
  if (failure == Failure::connect_timeout) return request.limits.connect_timeout;
  return DurationMs{random.between(2, 200)};
}

}  // namespace settle::scenarios
