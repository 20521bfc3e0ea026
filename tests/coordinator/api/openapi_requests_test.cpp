// What is asked, document and server side by side: query parameters, request headers and the members of
// bodies. A refusal of a name that is not known lists those that are; that list is held against the document.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "daemon.hpp"
#include "openapi_document.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

struct Documented {
  std::string method, pattern;
  YAML::Node path, operation;
};

std::vector<Documented> operations() {
  std::vector<Documented> all;
  for (const auto& path : document()["paths"]) {
    for (const auto& operation : path.second) {
      std::string method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      for (char& c : method) c = static_cast<char>(std::toupper(c));
      all.push_back({method, path.first.as<std::string>(), path.second, operation.second});
    }
  }
  return all;
}

Names parameters(const Documented& one, const std::string& in) {
  Names names;
  for (const YAML::Node& list : {one.path["parameters"], one.operation["parameters"]}) {
    for (const auto& entry : list) {
      const YAML::Node parameter = resolved(entry);
      if (parameter["in"].as<std::string>() == in) names.insert(parameter["name"].as<std::string>());
    }
  }
  return names;
}

std::string target_of(const std::string& pattern) {
  const std::string nobody(32, '0');
  const std::map<std::string, std::string> values = {
      {"{id}", pattern.starts_with("/v1/purchases") ? nobody : "m-9"}, {"{name}", "new"}, {"{token}", "t"}};
  std::string target = pattern;
  for (const auto& [name, value] : values) {
    if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), value);
  }
  return target;
}

// One good value for each member that there may be.
json full_body(const Documented& one) {
  if (one.pattern == "/v1/purchases") {
    json order = good_order();
    order.update(json::parse(R"({"cart_id":"C","payload":{},"deadline_seconds":60,"definition":"purchase",
            "allow_duplicate":true})"));
    return order;
  }
  json body = {{"who", "ann"}, {"why", "to see"}};
  if (one.pattern.ends_with("/retry") || one.pattern.ends_with("/resolve")) body["step"] = "charge";
  if (one.pattern.ends_with("/resolve")) {
    body["resolution"] = "done";
    body["evidence"] = "a letter";
    body["result"] = {{"cards", json::array()}};
  }
  if (one.pattern == "/v1/endpoints/acts")
    body.update({{"act", "enable"}, {"participant", "nobody"}, {"operation", "try"}, {"merchant", "nobody"}});
  if (one.pattern.ends_with("/assign")) body["to"] = "bob";
  if (one.pattern.ends_with("/note")) body = {{"who", "ann"}, {"text", "asked"}};
  if (one.pattern == "/v1/dead-letters/acts")
    body.update(json::parse(R"({"act":"note","cause":"reset","target":"card","merchant":"m-1","step":"issue",
        "operation":"confirm","code":"c","assignee":"bob","unassigned":false,"older_than_seconds":1,"to":"bob",
        "definition":"purchase","since":"2026-01-31T12:00:00Z","until":"2026-01-31T13:00:00Z",
        "resolution":"done","evidence":"a letter","text":"asked","dry_run":true,"limit":5})"));
  const json limits =
      json::parse(R"({"connect_timeout_ms":9,"connections_max":9,"queue_max":9,"queue_wait_max_ms":9,
        "calls_per_second":9,"calls_at_once":9})");
  json participant_limits = limits;
  for (const char* operation : {"try", "confirm", "cancel", "query", "deliver"})
    participant_limits["endpoints"][operation] = json{{"calls_per_second", 9}, {"calls_at_once", 9}};
  const json secrets = {"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"};
  if (one.pattern == "/v1/participants/{name}") {
    body = json::parse(R"({"name":"new","secret_count":1,"base_urls":["http://x"],"require_digest":true,
        "endpoints":{"try":"/t","confirm":"/c","cancel":"/x","query":"/q","deliver":"/d"}})");
    body.update({{"limits", participant_limits}, {"secrets", secrets}});
  } else if (one.pattern == "/v1/merchants/{id}") {
    body = json::parse(R"({"id":"m-9","secret_count":1,"url":"http://x/","contact":"a letter",
        "success":{"statuses":[200],"exact_body":"ok"}})");
    body.update({{"limits", limits}, {"secrets", secrets}});
  } else if (one.pattern == "/v1/definitions/{name}") {
    body = json::parse(R"({"name":"new","version":1,"decided_by":"engine","on_deadline":"person",
        "deadline_ms":60000,"decision_margin_ms":1000,"steps":[{"name":"a","mode":"tcc","target":"card",
        "dialect":"settle","priority":"normal","after":[],"confirm_after":[],"await_ms":60000,"secrets":["code"]}]})");
    for (const char* operation : {"try", "confirm", "cancel", "deliver", "query"}) {
      body["steps"][0][operation] =
          json::parse(R"({"timeout_ms":1000,"retry":"graded","on":{"throttled":"submit"},"probe_ms":60000,
              "counted_apart":["throttled"]})");
    }
    for (json* level : {&body, &body["steps"][0]})
      level->update(json::parse(R"({"retry":{"try":"submit"},"on":{"reset":"submit"}})"));
  }
  if (one.pattern == "/v1/receivers/{name}")
    return json::parse(R"({"name":"new","kind":"sms","url":"http://x/","secrets":["s"],"group_seconds":1,
        "rules":[{"types":["settle.step.parked"],"min_severity":"info","at_least":2,"within_seconds":9}],
        "sms":{"content":"form","body":"to={{phone}}&text={{text}}","phones":["+861234567"]},
        "per_hour_max":9,"from":"end","secret_count":1,"figures":{}})");
  if (one.pattern == "/v1/policies/{name}") return json{{"kind", "fixed"}};
  return body;
}

YAML::Node body_schema(const Documented& one) {
  const YAML::Node body = resolved(one.operation["requestBody"]);
  return body["content"]["application/json"]["schema"];
}

// "...; known: a, b" -> {a, b}
Names known_in(const RawAnswer& answer) {
  Names names;
  const std::string detail = answer.json().value("detail", "");
  const std::size_t at = detail.find("; known: ");
  if (at == std::string::npos) return names;
  for (std::size_t begin = at + 9; begin < detail.size();) {
    const std::size_t end = std::min(detail.find(", ", begin), detail.size());
    names.insert(detail.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

using Send = std::function<RawAnswer(const json& body)>;

// Every object of `full` against its schema: all that is documented is in it, and the server, given one
// member more, knows just the documented ones.
void compare_objects(const YAML::Node& unresolved, const json& full, const std::string& pointer,
                     const Send& send) {
  const YAML::Node schema = resolved(unresolved);
  if (schema["items"] && resolved(schema["items"])["properties"])
    return compare_objects(schema["items"], full, pointer + "/0", send);
  if (!schema["properties"]) return;
  EXPECT_FALSE(schema["additionalProperties"].as<bool>(true)) << pointer;
  Names documented;
  for (const auto& property : schema["properties"]) {
    const auto name = property.first.as<std::string>();
    const std::string inner = std::string(pointer).append("/").append(name);
    documented.insert(name);
    ASSERT_TRUE(full.contains(json::json_pointer(inner))) << inner << " is documented and not tried here";
    compare_objects(property.second, full, inner, send);
  }
  json more = full;
  more[json::json_pointer(pointer)]["undocumented"] = 1;
  const RawAnswer answer = send(more);
  EXPECT_EQ(answer.status, 422) << answer.body;
  EXPECT_EQ(known_in(answer), documented) << pointer << "\n" << answer.body;
}

TEST(OpenApiRequests, BodiesHaveTheSameMembersBothWays) {
  TestDaemon daemon;
  std::size_t compared = 0;
  for (const Documented& one : operations()) {
    if (!one.operation["requestBody"] || one.pattern == "/v1/callbacks/{token}") continue;
    SCOPED_TRACE(one.method + " " + one.pattern);
    const Send send = [&](const json& body) {
      return request(daemon.port(), one.method, target_of(one.pattern), body.dump(),
                     "Idempotency-Key: k-1\r\n");
    };
    const json full = full_body(one);
    compare_objects(body_schema(one), full, "", send);
    const RawAnswer answer = send(full);
    // One act is not another: what it does not need is refused as well.
    const bool other_act = answer.body.find("is of the act") != std::string::npos ||
                           answer.body.find("either participant or merchant") != std::string::npos;
    EXPECT_TRUE(answer.status < 300 || answer.code() == "not_found" || other_act) << answer.body;
    ++compared;
  }
  EXPECT_EQ(compared, 17U);
}

// Each kind of policy has members of its own.
TEST(OpenApiRequests, PoliciesHaveTheSameMembersBothWays) {
  TestDaemon daemon;
  const Send send = [&](const json& body) {
    return request(daemon.port(), "PUT", "/v1/policies/new", body.dump());
  };
  const json common =
      json::parse(R"({"name":"new","shipped":false,"jitter_percent":10,"attempts_max":3,"window_ms":60000,
                      "who":"ann","why":"to see","confirm_shorter_window":true})");
  const std::map<std::string, const char*> kinds = {
      {"ExponentialPolicy", R"({"kind":"exponential","base_ms":100,"factor_percent":200,"cap_ms":1000})"},
      {"FixedPolicy", R"({"kind":"fixed","base_ms":100})"},
      {"SchedulePolicy", R"({"kind":"schedule","waits_ms":[100]})"}};
  for (const auto& [name, own] : kinds) {
    SCOPED_TRACE(name);
    json full = json::parse(own);
    full.update(common);
    compare_objects(document()["components"]["schemas"][name], full, "", send);
    EXPECT_LT(send(full).status, 300) << send(full).body;
  }
}

// Callbacks may say more than is asked for; what is documented is read, since a wrong type of it is refused.
TEST(OpenApiRequests, EachMemberOfACallbackIsRead) {
  TestDaemon daemon({{"charge:try", {202, ""}}});
  submit(daemon.port(), "k-1", good_order());
  std::string url;
  for (int i = 0; i < 400 && url.find("/v1/callbacks/") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (daemon.ask([&] { return daemon.client->last_callback_step == "charge"; }))
      url = daemon.ask([&] { return daemon.client->last_callback; });
  }
  const std::map<std::string, std::string> wrong = {
      {"outcome", R"({"outcome":7})"},
      {"result", R"({"outcome":"done","result":7})"},
      {"code", R"({"outcome":"refused","code":7})"},
      {"detail", R"({"outcome":"refused","code":"c","detail":7})"}};
  Names documented, tried;
  for (const auto& property : document()["components"]["schemas"]["Callback"]["properties"])
    documented.insert(property.first.as<std::string>());
  for (const auto& [name, body] : wrong) {
    const RawAnswer answer = request(daemon.port(), "POST", url.substr(url.find("/v1/")), body);
    EXPECT_EQ(answer.code(), "invalid_callback") << answer.body;
    EXPECT_NE(answer.body.find("/" + name), std::string::npos) << answer.body;
    tried.insert(name);
  }
  EXPECT_EQ(tried, documented);
}

TEST(OpenApiRequests, QueryParametersAreTheSameBothWays) {
  const std::map<std::string, std::string> values = {{"state", "trying"},
                                                     {"since", "2026-01-31T12:00:00Z"},
                                                     {"needs_person", "true"},
                                                     {"follow", "false"},
                                                     {"limit", "7"},
                                                     {"purchase", std::string(32, '0')},
                                                     {"cause", "reset"},
                                                     {"older_than_seconds", "60"},
                                                     {"operation", "try"},
                                                     {"unassigned", "true"},
                                                     {"count", "true"},
                                                     {"notified", "false"},
                                                     {"notes", "true"},
                                                     {"from", "2026-01-31T12:00:00Z"},
                                                     {"to", "2026-01-31T12:00:00Z"},
                                                     {"step", "day"},
                                                     {"order", "rate"}};
  TestDaemon daemon;
  std::size_t sent = 0;
  for (const Documented& one : operations()) {
    const auto ask = [&](const std::string& query) {
      return request(daemon.port(), one.method, target_of(one.pattern) + "?" + query);
    };
    const RawAnswer unknown = ask("undocumented=1");
    EXPECT_EQ(unknown.code(), "invalid_parameter") << one.method << " " << one.pattern << unknown.body;
    EXPECT_EQ(known_in(unknown), parameters(one, "query")) << one.method << " " << one.pattern;
    for (const std::string& name : parameters(one, "query")) {
      const auto value = values.find(name);
      const RawAnswer answer =
          ask(std::string(name).append("=").append(value == values.end() ? "any" : value->second));
      EXPECT_NE(answer.status, 0) << name;
      EXPECT_NE(answer.code(), "invalid_parameter") << name << " " << answer.body;
      ++sent;
    }
  }
  EXPECT_EQ(sent, 35U);
}

// Remembers which headers the server looked for.
class Asked final : public ServerRequest {
 public:
  Asked(const std::string& a_method, const std::string& a_path, const std::string& a_body) {
    method = a_method, path = a_path, body = a_body;
  }
  int header(std::string_view name, std::string_view& value) const override {
    names.emplace(name);
    value = name == "Content-Type" ? "application/json" : "k-1";
    return 1;
  }
  mutable Names names;
};

TEST(OpenApiRequests, HeadersAreTheSameBothWays) {
  EXPECT_NE(document()["info"]["description"].as<std::string>().find("`Accept-Language`"), std::string::npos);
  TestDaemon daemon;
  for (const Documented& one : operations()) {
    const bool has_body = one.operation["requestBody"].IsDefined();
    const std::string path = target_of(one.pattern), body = has_body ? full_body(one).dump() : "";
    Asked request(one.method, path, body);
    daemon.ask([&] { daemon.api->handle(request, Responder()); });
    // A body's type is documented by its content; a callback's may be any.
    const bool typed = request.names.erase("Content-Type") > 0;
    EXPECT_EQ(typed, has_body && one.pattern != "/v1/callbacks/{token}") << one.method << " " << one.pattern;
    // Every route's, and described once for all.
    EXPECT_EQ(request.names.erase("Accept-Language"), 1U) << one.method << " " << one.pattern;
    EXPECT_EQ(request.names, parameters(one, "header")) << one.method << " " << one.pattern;
  }
}

}  // namespace
}  // namespace settle::test
