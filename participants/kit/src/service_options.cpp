#include <algorithm>
#include <charconv>

#include "settle/kit/service_main.hpp"

namespace settle::kit {

namespace {

Error usage(const std::string& what) {
  return {"usage", what + "; see --help"};
}

bool parse_port(const std::string& text, std::uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stopped == end;
}

Status set(const ServiceSpec& spec, ServiceOptions& options, const std::string& name,
           const std::string& value) {
  if (name == "port")
    return parse_port(value, options.port) ? ok() : Status(usage("--port wants 0 to 65535"));
  if (name == "data") return options.data = value, ok();
  if (name == "secret-file") return options.secret_file = value, ok();
  if (name == "base-path") {
    if (!value.empty() && (value.front() != '/' || value.back() == '/'))
      return usage("--base-path wants /NAME");
    return options.base_path = value, ok();
  }
  const auto known = std::any_of(spec.flags.begin(), spec.flags.end(),
                                 [&name](const Flag& flag) { return flag.name == name; });
  if (!known) return usage("unknown flag --" + name);
  return options.flags[name] = value, ok();
}

}  // namespace

Result<ServiceOptions> parse_options(const ServiceSpec& spec, const std::vector<std::string>& arguments) {
  ServiceOptions options;
  for (const Flag& flag : spec.flags) options.flags[flag.name] = flag.fallback;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--admin") {
      options.admin = true;
      continue;
    }
    if (argument.rfind("--", 0) != 0) return usage("unexpected argument " + argument);
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (equals == std::string::npos && i + 1 == arguments.size())
      return usage("--" + name + " wants a value");
    const std::string value = equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
    if (const Status done = set(spec, options, name, value); !done) return done.error();
  }
  if (options.data.empty()) return usage("--data FILE is needed");
  if (options.secret_file.empty()) return usage("--secret-file FILE is needed");
  return options;
}

std::string help_text(const ServiceSpec& spec) {
  std::string text =
      spec.name + ": " + spec.summary + "\n\nUsage: " + spec.name +
      " --data FILE --secret-file FILE [options]\n\n"
      "  --port N            port on 127.0.0.1; 0 (the default) takes a free one. Once ready it prints\n"
      "                      \"listening on 127.0.0.1:PORT\"\n"
      "  --data FILE         the service's SQLite file; created if it is not there\n"
      "  --secret-file FILE  secrets of the signature, whsec_BASE64, one a line (several while one rotates)\n"
      "  --base-path PATH    serve under PATH, for instance /inventory (default: none)\n"
      "  --admin             open the routes under /admin: for tests and demos only\n"
      "  --help              this text\n";
  for (const Flag& flag : spec.flags) {
    std::string left = "  --" + flag.name + " " + flag.value;
    left.resize(std::max<std::size_t>(left.size() + 1, 22), ' ');
    text += left + flag.help + " (default: " + flag.fallback + ")\n";
  }
  return text;
}

}  // namespace settle::kit
