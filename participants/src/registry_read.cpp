#include <algorithm>

#include "registry_json.hpp"
#include "settle/participants/url.hpp"

namespace settle {
namespace {

using nlohmann::json;

constexpr std::size_t base_urls_max = 8;

bool is_name(std::string_view name, bool upper_allowed) {
  const auto letter_or_digit = [upper_allowed](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (upper_allowed && c >= 'A' && c <= 'Z');
  };
  return !name.empty() && name.size() <= 64 && letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [&letter_or_digit](char c) {
           return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

void check_name(FieldReader& in, std::string_view member, const std::string& name, bool upper_allowed) {
  const std::string pointer = "/" + std::string(member);
  if (!is_name(name, upper_allowed)) {
    in.fail(pointer, upper_allowed ? "must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}"
                                   : "must match [a-z0-9][a-z0-9._-]{0,63}");
  }
  std::string written = name;
  in.text(member, written, 64);
  if (written != name) in.fail(pointer, "is not the one in the path");
}

EndpointLimits read_calls(FieldReader& in) {
  const auto read = [&](std::string_view name) {
    std::int64_t number = 0;
    if (const json* value = in.member(name)) in.number("/" + std::string(name), *value, 0, 1'000'000, number);
    return static_cast<std::uint32_t>(number);
  };
  return EndpointLimits{read("calls_per_second"), read("calls_at_once")};
}

void read_endpoint_calls(FieldReader& in, std::map<Operation, EndpointLimits>& into) {
  into.clear();
  const json* endpoints = in.member("endpoints");
  if (endpoints == nullptr) return;
  if (!endpoints->is_object()) return in.fail("/endpoints", "must be an object with limits per operation");
  std::vector<std::string_view> names;
  for (const Operation operation : all_operations) names.emplace_back(name_of(operation));
  FieldReader inner(*endpoints, names);
  for (const Operation operation : all_operations) {
    const json* limits = inner.member(name_of(operation));
    if (limits == nullptr) continue;
    const std::string pointer = "/" + std::string(name_of(operation));
    if (!limits->is_object()) {
      inner.fail(pointer, "must be an object");
      continue;
    }
    FieldReader one(*limits, {"calls_per_second", "calls_at_once"});
    into[operation] = read_calls(one);
    inner.adopt(pointer, one);
  }
  in.adopt("/endpoints", inner);
}

// `endpoint_calls` nullptr: of one who has one endpoint.
void read_limits(FieldReader& in, Limits& into, EndpointLimits& calls,
                 std::map<Operation, EndpointLimits>* endpoint_calls) {
  const json* limits = in.member("limits");
  if (limits == nullptr) return;
  if (!limits->is_object()) return in.fail("/limits", "must be an object");
  std::vector<std::string_view> known{"connect_timeout_ms", "connections_max",  "queue_max",
                                      "queue_wait_max_ms",  "calls_per_second", "calls_at_once"};
  if (endpoint_calls != nullptr) known.emplace_back("endpoints");
  FieldReader inner(*limits, known);
  calls = read_calls(inner);
  if (endpoint_calls != nullptr) read_endpoint_calls(inner, *endpoint_calls);
  const auto read = [&](std::string_view name, std::int64_t min, std::int64_t max, std::int64_t now) {
    if (const json* value = inner.member(name)) inner.number("/" + std::string(name), *value, min, max, now);
    return now;
  };
  into.connect_timeout.count = read("connect_timeout_ms", 1, 10'000, into.connect_timeout.count);
  into.connections_max = static_cast<std::uint32_t>(read("connections_max", 1, 4'096, into.connections_max));
  into.queue_max = static_cast<std::uint32_t>(read("queue_max", 0, 1'000'000, into.queue_max));
  into.queue_wait_max.count = read("queue_wait_max_ms", 1, 40'000, into.queue_wait_max.count);
  in.adopt("/limits", inner);
}

void read_base_urls(FieldReader& in, std::vector<std::string>& into) {
  if (in.member("base_urls") == nullptr) return in.fail("/base_urls", "is missing");
  in.texts("base_urls", into, base_urls_max);
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto url = parse_url(into[i]);
    if (!url || url->target.find('?') != std::string_view::npos) {
      return in.fail("/base_urls/" + std::to_string(i),
                     "must be an http or https URL without user, query and fragment");
    }
    while (into[i].back() == '/') into[i].pop_back();
  }
}

bool is_path(const std::string& path) {
  return !path.empty() && path.front() == '/' && path.size() <= 512 &&
         std::all_of(path.begin(), path.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '?'; });
}

void read_endpoints(FieldReader& in, std::map<Operation, std::string>& into) {
  const json* endpoints = in.member("endpoints");
  if (endpoints == nullptr) return in.fail("/endpoints", "is missing");
  if (!endpoints->is_object() || endpoints->empty())
    return in.fail("/endpoints", "must be an object with a path per operation");
  into.clear();
  std::vector<std::string_view> names;
  for (const Operation operation : all_operations) names.emplace_back(name_of(operation));
  FieldReader inner(*endpoints, names);
  for (const Operation operation : all_operations) {
    const json* path = inner.member(name_of(operation));
    if (path == nullptr) continue;
    if (!path->is_string() || !is_path(path->get_ref<const std::string&>())) {
      inner.fail("/" + std::string(name_of(operation)), "must be a path that begins with \"/\"");
    } else {
      into[operation] = path->get<std::string>();
    }
  }
  in.adopt("/endpoints", inner);
}

void read_success(FieldReader& in, SuccessRule& into) {
  const json* success = in.member("success");
  if (success == nullptr) return;
  if (!success->is_object()) return in.fail("/success", "must be an object");
  FieldReader inner(*success, {"statuses", "exact_body"});
  if (const json* body = inner.member("exact_body"); body != nullptr) {
    std::string text;
    inner.text("exact_body", text, 4'096);
    into.exact_body = std::move(text);
  }
  const json* statuses = inner.member("statuses");
  if (statuses != nullptr && (!statuses->is_array() || statuses->size() > 32)) {
    inner.fail("/statuses", "must be an array of at most 32 statuses");
  } else if (statuses != nullptr) {
    for (std::size_t i = 0; i < statuses->size(); ++i) {
      std::int64_t status = 0;
      inner.number("/statuses/" + std::to_string(i), (*statuses)[i], 200, 599, status);
      into.statuses.push_back(static_cast<int>(status));
    }
  }
  in.adopt("/success", inner);
}

}  // namespace

std::optional<std::string> read_participant(const json& object, Participant& into) {
  FieldReader in(object,
                 {"name", "base_urls", "endpoints", "secrets", "secret_count", "require_digest", "limits"});
  check_name(in, "name", into.name, false);
  read_base_urls(in, into.base_urls);
  read_endpoints(in, into.endpoints);
  in.flag("require_digest", into.require_digest);
  read_limits(in, into.limits, into.calls, &into.endpoint_calls);
  return in.problem();
}

std::optional<std::string> read_merchant(const json& object, Merchant& into) {
  FieldReader in(object, {"id", "url", "secrets", "secret_count", "success", "contact", "limits"});
  check_name(in, "id", into.id, true);
  if (in.member("url") == nullptr) in.fail("/url", "is missing");
  in.text("url", into.url, url_bytes_max);
  if (!parse_url(into.url)) in.fail("/url", "must be an http or https URL without user and fragment");
  read_success(in, into.success);
  in.text("contact", into.contact, 512);
  read_limits(in, into.limits, into.calls, nullptr);
  return in.problem();
}

}  // namespace settle
