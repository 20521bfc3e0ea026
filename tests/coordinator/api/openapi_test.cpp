// Server and docs/openapi.yaml say the same: routes both ways, problem codes both ways, and live answers
// against the schemas.

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <regex>
#include <set>
#include <thread>

#include "api_problem.hpp"
#include "daemon.hpp"
#include "journal_cursor.hpp"
#include "openapi_document.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return false;
}

json scalar(const YAML::Node& node) {
  if (node.Tag() == "!") return node.as<std::string>();  // quoted: a string whatever it looks like
  return json::parse(node.as<std::string>(), nullptr, false).is_discarded()
             ? json(node.as<std::string>())
             : json::parse(node.as<std::string>());
}

// What of JSON Schema the document uses. Appends each breach.
void check(const json& value, const YAML::Node& unresolved, const std::string& where,
           std::vector<std::string>& breaches) {
  const YAML::Node schema = resolved(unresolved);
  if (const auto all = schema["allOf"]) {
    for (const auto& part : all) check(value, part, where, breaches);
  }
  if (const auto type = schema["type"]; type && !has_type(value, type.as<std::string>())) {
    return breaches.push_back(where + " is no " + type.as<std::string>() + ": " + value.dump());
  }
  if (const auto constant = schema["const"]; constant && value != scalar(constant))
    breaches.push_back(where + " is " + value.dump());
  if (const auto choices = schema["enum"]) {
    bool found = false;
    for (const auto& choice : choices) found = found || value == json(choice.as<std::string>());
    if (!found) breaches.push_back(where + " is not among the enum: " + value.dump());
  }
  if (const auto pattern = schema["pattern"];
      pattern && value.is_string() &&
      !std::regex_search(value.get<std::string>(), std::regex(pattern.as<std::string>()))) {
    breaches.push_back(where + " does not match: " + value.dump());
  }
  if (value.is_array() && schema["items"]) {
    for (std::size_t i = 0; i < value.size(); ++i)
      check(value[i], schema["items"], where + "/" + std::to_string(i), breaches);
  }
  if (!value.is_object()) return;
  for (const auto& name : schema["required"]) {
    if (!value.contains(name.as<std::string>()))
      breaches.push_back(where + " has no " + name.as<std::string>());
  }
  if (!schema["properties"]) return;
  for (const auto& [name, member] : value.items()) {
    const std::string at = std::string(where).append("/").append(name);
    const YAML::Node property = schema["properties"][name];
    if (property) {
      check(member, property, at, breaches);
    } else {
      breaches.push_back(at + " is not documented");  // stricter than the schema: what is shown is documented
    }
  }
}

void expect_documented(const RawAnswer& answer, const std::string& method, const std::string& pattern) {
  std::string lower = method;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  const YAML::Node operation = document()["paths"][pattern][lower];
  ASSERT_TRUE(operation.IsDefined()) << method << " " << pattern;
  const YAML::Node response = resolved(operation["responses"][std::to_string(answer.status)]);
  ASSERT_TRUE(response.IsDefined() && !response.IsNull())
      << method << " " << pattern << " answered " << answer.status
      << ", which is not documented: " << answer.body;
  if (answer.status == 204) return;
  const YAML::Node content = response["content"][answer.header("content-type")];
  ASSERT_TRUE(content.IsDefined()) << method << " " << pattern << ": " << answer.header("content-type");
  std::vector<std::string> breaches;
  check(answer.json(), content["schema"], "", breaches);
  EXPECT_EQ(breaches, std::vector<std::string>()) << method << " " << pattern << " " << answer.status << "\n"
                                                  << answer.body;
}

TEST(OpenApi, RoutesAreTheSameBothWays) {
  std::set<std::string> documented, served;
  for (const auto& path : document()["paths"]) {
    for (const auto& operation : path.second) {
      std::string method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      for (char& c : method) c = static_cast<char>(std::toupper(c));
      documented.insert(method + " " + path.first.as<std::string>());
    }
  }
  for (const ApiRoute& route : api_routes()) served.insert(std::string(route.method) + " " + route.pattern);
  EXPECT_EQ(documented, served);
  EXPECT_GT(served.size(), 20U);
}

TEST(OpenApi, TheLongestCursorIsDocumented) {
  const YAML::Node parameters = document()["paths"]["/v1/journal"]["get"]["parameters"];
  for (const auto& parameter : parameters) {
    if (parameter["name"].as<std::string>() == "from") {
      EXPECT_EQ(parameter["schema"]["maxLength"].as<std::size_t>(), journal_cursor_max);
    }
  }
  EXPECT_EQ(parameters.size(), 4U);
}

TEST(OpenApi, ProblemCodesAreTheSameBothWays) {
  std::map<std::string, int> documented, served;
  for (const auto& code : document()["components"]["schemas"]["Problem"]["x-codes"]) {
    documented[code.first.as<std::string>()] = code.second.as<int>();
  }
  for (const ProblemKind& kind : problem_kinds()) served[kind.code] = kind.status;
  EXPECT_EQ(documented, served);
}

TEST(OpenApi, LiveAnswersAreAsDocumented) {
  TestDaemon daemon({{"issue:confirm", {200, R"({"cards":[{"code":"A"}]})"}}});
  const std::uint16_t port = daemon.port();
  const std::string act = R"({"who":"ann","why":"to see"})";
  nlohmann::json order = good_order();
  order["cart_id"] = "C-1";
  const std::string key = "Idempotency-Key: k-1\r\n";
  expect_documented(submit(port, "k-1", order), "POST", "/v1/purchases");
  const RawAnswer settled = submit(port, "k-1", order, "Prefer: wait=10\r\n");
  ASSERT_EQ(settled.status, 200);
  expect_documented(settled, "POST", "/v1/purchases");
  expect_documented(request(port, "POST", "/v1/purchases", "{", key), "POST", "/v1/purchases");
  expect_documented(request(port, "POST", "/v1/purchases", "{}", key), "POST", "/v1/purchases");
  expect_documented(request(port, "POST", "/v1/purchases", "{}", key + "Content-Type: text/plain\r\n"),
                    "POST", "/v1/purchases");
  expect_documented(request(port, "GET", "/v1/purchases"), "GET", "/v1/purchases");
  expect_documented(request(port, "GET", "/v1/purchases?limit=0"), "GET", "/v1/purchases");
  const std::string path = "/v1/purchases/" + settled.json()["id"].get<std::string>();
  expect_documented(request(port, "GET", path), "GET", "/v1/purchases/{id}");
  expect_documented(request(port, "GET", "/v1/purchases/x"), "GET", "/v1/purchases/{id}");
  expect_documented(request(port, "GET", path + "/attempts"), "GET", "/v1/purchases/{id}/attempts");
  expect_documented(request(port, "GET", path + "/attempts?cursor=x"), "GET", "/v1/purchases/{id}/attempts");
  expect_documented(request(port, "GET", "/v1/purchases/x/attempts"), "GET", "/v1/purchases/{id}/attempts");
  for (const char* name : {"cancel", "retry", "reopen", "assign"}) {
    expect_documented(request(port, "POST", path + "/" + name, act), "POST",
                      std::string("/v1/purchases/{id}/") + name);
  }
  expect_documented(request(port, "POST", path + "/resolve", act), "POST", "/v1/purchases/{id}/resolve");
  const std::string note = R"({"who":"ann","text":"asked"})";
  expect_documented(request(port, "POST", path + "/note", note), "POST", "/v1/purchases/{id}/note");
  expect_documented(request(port, "GET", path + "?notes=true"), "GET", "/v1/purchases/{id}");
  expect_documented(request(port, "POST", "/v1/callbacks/x", "{}"), "POST", "/v1/callbacks/{token}");
  const std::string participant = R"({"base_urls":["http://127.0.0.1:9"],"endpoints":{"try":"/t"}})";
  for (int i = 0; i < 2; ++i)
    expect_documented(request(port, "PUT", "/v1/participants/p", participant), "PUT",
                      "/v1/participants/{name}");
  expect_documented(request(port, "GET", "/v1/participants/p"), "GET", "/v1/participants/{name}");
  expect_documented(request(port, "GET", "/v1/participants"), "GET", "/v1/participants");
  expect_documented(request(port, "DELETE", "/v1/participants/p"), "DELETE", "/v1/participants/{name}");
  expect_documented(request(port, "DELETE", "/v1/participants/p"), "DELETE", "/v1/participants/{name}");
  for (int i = 0; i < 2; ++i)
    expect_documented(request(port, "PUT", "/v1/merchants/m", R"({"url":"http://x/","contact":"mail"})"),
                      "PUT", "/v1/merchants/{id}");
  expect_documented(request(port, "GET", "/v1/merchants/m"), "GET", "/v1/merchants/{id}");
  expect_documented(request(port, "GET", "/v1/merchants"), "GET", "/v1/merchants");
  expect_documented(request(port, "DELETE", "/v1/merchants/m"), "DELETE", "/v1/merchants/{id}");
  const std::string definition =
      R"({"steps":[{"name":"a","mode":"tcc","target":"card","try":{"timeout_ms":1000}}]})";
  for (int i = 0; i < 2; ++i)
    expect_documented(request(port, "PUT", "/v1/definitions/d", definition), "PUT", "/v1/definitions/{name}");
  expect_documented(request(port, "GET", "/v1/definitions/d"), "GET", "/v1/definitions/{name}");
  expect_documented(request(port, "GET", "/v1/definitions"), "GET", "/v1/definitions");
  expect_documented(request(port, "GET", "/v1/dead-letters"), "GET", "/v1/dead-letters");
  expect_documented(request(port, "GET", "/v1/dead-letters?count=true"), "GET", "/v1/dead-letters");
  expect_documented(request(port, "POST", "/v1/sweep"), "POST", "/v1/sweep");
  expect_documented(request(port, "GET", "/v1/stats"), "GET", "/v1/stats");
  expect_documented(request(port, "GET", "/v1/stats?target=payment&step=minute&from=1970-01-01T00:00:00Z"),
                    "GET", "/v1/stats");
  for (int i = 0; i < 2; ++i)
    expect_documented(request(port, "PUT", "/v1/policies/p", R"({"kind":"fixed","base_ms":1000})"), "PUT",
                      "/v1/policies/{name}");
  expect_documented(request(port, "GET", "/v1/policies/p"), "GET", "/v1/policies/{name}");
  expect_documented(request(port, "GET", "/v1/policies"), "GET", "/v1/policies");
  for (int i = 0; i < 2; ++i)
    expect_documented(
        request(port, "PUT", "/v1/receivers/r",
                R"({"kind":"cloudevents","url":"http://127.0.0.1:9/","rules":[{"at_least":9}]})"),
        "PUT", "/v1/receivers/{name}");
  expect_documented(request(port, "POST", "/v1/receivers/r/test", "{}"), "POST", "/v1/receivers/{name}/test");
  expect_documented(request(port, "GET", "/v1/receivers/r"), "GET", "/v1/receivers/{name}");
  expect_documented(request(port, "GET", "/v1/receivers"), "GET", "/v1/receivers");
  expect_documented(request(port, "DELETE", "/v1/receivers/r"), "DELETE", "/v1/receivers/{name}");
  expect_documented(request(port, "DELETE", "/v1/receivers/r"), "DELETE", "/v1/receivers/{name}");
  expect_documented(request(port, "POST", "/v1/pause", act), "POST", "/v1/pause");
  expect_documented(request(port, "GET", "/readyz"), "GET", "/readyz");
  expect_documented(submit(port, "k-2", good_order()), "POST", "/v1/purchases");
  expect_documented(request(port, "POST", "/v1/resume", act), "POST", "/v1/resume");
  expect_documented(request(port, "GET", "/v1/status"), "GET", "/v1/status");
  expect_documented(request(port, "GET", "/healthz"), "GET", "/healthz");
  expect_documented(request(port, "GET", "/readyz"), "GET", "/readyz");
  expect_documented(request(port, "GET", "/version"), "GET", "/version");
  expect_documented(request(port, "GET", "/v1/journal?from=x"), "GET", "/v1/journal");
}

// Letters with all that they may have: a delivery that is refused within its window, assigned and annotated;
// a confirm that a second person is to judge. An act on them, its list and its end.
TEST(OpenApi, LiveDeadLettersAreAsDocumented) {
  EngineConfig config;
  config.resolve_needs_second_person = true;
  const Play teapot = {418, R"({"code":"teapot","detail":"short and stout"})"};
  TestDaemon daemon({{"notify:deliver", teapot}}, TestDaemon::quick_limits(), true, config);
  const std::uint16_t port = daemon.port();
  const std::string id = submit(port, "k-1", good_order()).json()["id"];
  const std::string path = "/v1/purchases/" + id;
  const auto letters = [port] { return request(port, "GET", "/v1/dead-letters"); };
  for (int i = 0; i < 400 && letters().json()["letters"].empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const auto& [verb, body] : std::map<std::string, std::string>{
           {"assign", R"({"who":"ann","why":"on duty","to":"bob"})"},
           {"note", R"({"who":"ann","text":"asked"})"},
           {"resolve", R"({"who":"ann","why":"told by letter","step":"notify","resolution":"abandoned"})"}}) {
    const RawAnswer answer = request(port, "POST", path + "/" + verb, body);
    ASSERT_LT(answer.status, 300) << answer.body;
    expect_documented(answer, "POST", "/v1/purchases/{id}/" + verb);
  }
  const RawAnswer listed = letters();
  expect_documented(listed, "GET", "/v1/dead-letters");
  const json letter = listed.json()["letters"].at(0);
  std::set<std::string> shown;
  for (const auto& [name, value] : letter.items()) shown.insert(name);
  for (const char* name : {"window_ends_at", "window_left_seconds", "abandoned_at", "assignee", "note",
                           "proposal", "first_attempt_at", "last_attempt_at", "attempts"})
    EXPECT_EQ(shown.count(name), 1U) << name << " " << letter;
  // Nothing else is documented but what others have.
  for (const auto& property : document()["components"]["schemas"]["DeadLetter"]["properties"])
    shown.erase(property.first.as<std::string>());
  EXPECT_TRUE(shown.empty());
  expect_documented(request(port, "GET", path), "GET", "/v1/purchases/{id}");

  const std::string acts = "/v1/dead-letters/acts";
  const json act = {{"who", "ann"}, {"why", "w"}, {"act", "resolve"}, {"resolution", "abandoned"}};
  json dry = act;
  dry["dry_run"] = true;
  expect_documented(request(port, "POST", acts, dry.dump()), "POST", acts);
  const RawAnswer begun = request(port, "POST", acts, act.dump());
  ASSERT_EQ(begun.status, 202) << begun.body;
  expect_documented(begun, "POST", acts);
  const std::string one = acts + "/" + begun.json()["id"].get<std::string>();
  expect_documented(request(port, "POST", one + "/stop", R"({"who":"ann","why":"to see"})"), "POST",
                    acts + "/{id}/stop");
  expect_documented(request(port, "GET", one), "GET", acts + "/{id}");
  expect_documented(request(port, "GET", acts), "GET", acts);
  expect_documented(request(port, "POST", acts + "/00000009/stop", R"({"who":"ann","why":"to see"})"), "POST",
                    acts + "/{id}/stop");
}

TEST(OpenApi, JournalLinesAreAsDocumented) {
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no"})"}}});
  const std::string id = submit(daemon.port(), "k-1", good_order(), "Prefer: wait=10\r\n").json()["id"];
  request(daemon.port(), "POST", "/v1/purchases/" + id + "/reopen", R"({"who":"ann","why":"again"})");
  const std::string body = request(daemon.port(), "GET", "/v1/journal").body;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < body.size(); ++lines) {
    const std::size_t end = body.find('\n', at);
    const json line = json::parse(body.substr(at, end - at));
    at = end + 1;
    std::vector<std::string> breaches;
    if (!line.contains("next"))
      check(line, document()["components"]["schemas"]["JournalRecord"], "", breaches);
    EXPECT_EQ(breaches, std::vector<std::string>()) << line.dump();
  }
  EXPECT_GT(lines, 8U);
}

}  // namespace
}  // namespace settle::test
