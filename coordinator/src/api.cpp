#include "settle/coordinator/api.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "api_context.hpp"
#include "api_query.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr int wait_s_max = 60;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next segment off the path, without its slash.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// Whether `path` fits the pattern; `parameter` is then what stands in the braces' place, still escaped.
bool fits(std::string_view pattern, std::string_view path, std::string_view& parameter) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern), given = take_segment(path);
    if (wanted.front() == '{') {
      if (given.empty()) return false;
      parameter = given;
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

bool says_json(const ServerRequest& request) {
  std::string_view type;
  if (request.header("Content-Type", type) != 1) return false;
  return starts_with_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/json") &&
         trimmed(type.substr(0, type.find(';'))).size() == std::string_view("application/json").size();
}

struct Found {
  const RouteEntry* entry = nullptr;  // null: the path is there, the method is not
  std::string allow;                  // empty: the path is not there
  std::string_view parameter;
};

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  for (const RouteEntry& entry : route_entries()) {
    if (!fits(entry.route.pattern, path, found.parameter)) continue;
    if (method == entry.route.method) {
      found.entry = &entry;
      return found;
    }
    found.allow += found.allow.empty() ? "" : ", ";
    found.allow += entry.route.method;
    if (std::string_view(entry.route.method) == "GET") found.allow += ", HEAD";
  }
  return found;
}

class ApiServer final : public Api {
 public:
  ApiServer(Engine& engine, boost::asio::io_context& io, std::shared_ptr<const KeyRing> keys,
            ApiConfig config)
      : context_{.engine = engine, .io = io, .keys = std::move(keys), .config = config, .waiters = {}} {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    context_.started_s = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  }

  void set_server(const HttpServer* server) override { context_.server = server; }
  void set_outlet(Outlet* outlet) override { context_.outlet = outlet; }

  void handle(const ServerRequest& request, Responder responder) override {
    std::string_view accepted;
    const int asked = request.header("Accept-Language", accepted);
    const Language language = asked > 0 ? preferred_language(accepted) : Language::english;
    if (language == Language::chinese) responder = responder.finished_by(put_into_chinese);
    try {
      route(request, language, responder);
    } catch (const std::exception& error) {
      log_error("a request could not be handled", {{"path", request.path}, {"detail", error.what()}});
      responder.send(problem_response(Problem{"internal", "the daemon's log says more", ""}));
    }
  }

  void stop() override {
    context_.stopping = true;  // the followers see it at their next look
    for (auto& waiter : std::exchange(context_.waiters, {})) {
      if (waiter.responder.open()) context_.engine.show(waiter.purchase, waiter.answer);
    }
  }

 private:
  void route(const ServerRequest& request, Language language, const Responder& responder) {
    const bool head = request.method == "HEAD";
    if (request.method == "OPTIONS" && request.path == "*") return responder.send(json_response(204, ""));
    Found found;
    if (request.path.size() > 1) found = find_route(head ? "GET" : request.method, request.path);
    if (found.entry == nullptr) return answer_unrouted(request, found.allow, responder);
    if (!found.entry->parameters) {
      if (const auto problem = QueryParameters(request.query, {}).problem())
        return responder.send(problem_response(*problem));
    }
    if (found.entry->json_body && !says_json(request)) {
      return responder.send(problem_response(
          Problem{"unsupported_media_type", "send Content-Type: application/json", "Content-Type"}));
    }
    auto parameter = percent_decoded(found.parameter, false);
    if (!parameter) return responder.send(problem_response(Problem{"unknown_route", "a broken escape", ""}));
    found.entry->handler(context_, ApiCall{request, *std::move(parameter), language}, responder);
  }

  void answer_unrouted(const ServerRequest& request, const std::string& allow, const Responder& responder) {
    if (allow.empty())
      return responder.send(problem_response(Problem{"unknown_route", "there is no such path", ""}));
    ServerResponse response;
    if (request.method == "OPTIONS") {
      response = json_response(204, "");
    } else {
      response = problem_response(Problem{"method_not_allowed", "allowed are " + allow + ", OPTIONS", ""});
    }
    response.headers += "Allow: " + allow + ", OPTIONS\r\n";
    responder.send(std::move(response));
  }

  ApiContext context_;
};

}  // namespace

ServerResponse json_response(int status, std::string body) {
  ServerResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::optional<PurchaseId> purchase_of(const ApiCall& call, const Responder& responder) {
  const auto id = PurchaseId::parse(call.parameter);
  if (!id) responder.send(problem_response(Problem{"not_found", "there is no such purchase", ""}));
  return id;
}

int preferred_wait_s(const ServerRequest& request) {
  std::string_view prefer;
  if (request.header("Prefer", prefer) == 0) return 0;
  while (!prefer.empty()) {
    std::string_view item = prefer.substr(0, prefer.find(','));
    prefer.remove_prefix(std::min(prefer.size(), item.size() + 1));
    item = trimmed(item);
    if (!starts_with_ignoring_case(item, "wait=")) continue;
    item.remove_prefix(5);
    int seconds = 0;
    for (const char c : item) {
      if (c < '0' || c > '9') return 0;
      seconds = std::min(wait_s_max, seconds * 10 + (c - '0'));
    }
    return seconds;
  }
  return 0;
}

std::unique_ptr<Api> Api::create(Engine& engine, boost::asio::io_context& io,
                                 std::shared_ptr<const KeyRing> keys, ApiConfig config) {
  return std::make_unique<ApiServer>(engine, io, std::move(keys), config);
}

}  // namespace settle
