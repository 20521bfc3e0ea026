#include "settle/coordinator/config.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "api_json.hpp"
#include "config_keys.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

constexpr std::size_t file_bytes_max = 64 << 10;

std::string shown(std::string_view value) {
  std::string text = "\"";
  append_json_escaped(text, value.substr(0, 200));
  return text + "\"";
}

// Gathers what the sources say, and every problem on the way.
class Loader {
 public:
  void say(const ConfigKey& key, const std::string& source, const std::string& value) {
    if (!key.set(loaded_.config, value)) {
      return problem(source + ": " + key.name + " = " + shown(value) + " is not allowed; allowed is " +
                     key.allowed);
    }
    loaded_.values[key.name] = value;
    loaded_.sources[key.name] = source;
  }
  void problem(const std::string& text) { problems_ += (problems_.empty() ? "" : "\n") + text; }

  void defaults() {
    for (const ConfigKey& key : config_keys()) say(key, "default", key.fallback);
  }
  void file(const std::string& path);
  void environment(const std::vector<std::string>& variables);
  void flags();
  // What is allowed by itself, but not beside the others.
  void together();
  // The flags are looked through first: they may name the file.
  void arguments(const std::vector<std::string>& arguments);
  const std::optional<std::string>& file_from_flags() const { return file_; }

  Result<LoadedConfig> result() {
    if (!problems_.empty()) return Error{"invalid_configuration", problems_};
    return std::move(loaded_);
  }
  LoadedConfig& loaded() { return loaded_; }

 private:
  bool command(std::string_view argument);
  void file_member(const std::string& source, const std::string& name, const nlohmann::json& value);

  LoadedConfig loaded_;
  std::vector<std::pair<const ConfigKey*, std::string>> given_;  // by flags
  std::optional<std::string> file_;
  std::string problems_;
};

const ConfigKey* find_key(std::string_view text, std::string (*spelled)(const ConfigKey&)) {
  for (const ConfigKey& key : config_keys()) {
    if (spelled(key) == text) return &key;
  }
  return nullptr;
}

std::string plain_name(const ConfigKey& key) {
  return key.name;
}

bool Loader::command(std::string_view argument) {
  static constexpr std::pair<std::string_view, ConfigCommand> commands[] = {
      {"--help", ConfigCommand::help},          {"-h", ConfigCommand::help},
      {"--version", ConfigCommand::version},    {"--check-config", ConfigCommand::check},
      {"--print-config", ConfigCommand::print}, {"--verify", ConfigCommand::verify}};
  for (const auto& [name, command] : commands) {
    if (argument != name) continue;
    loaded_.command = command;
    return true;
  }
  return false;
}

void Loader::arguments(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (command(argument)) continue;
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const ConfigKey* const key = find_key(name, flag_name);
    if (key == nullptr && name != "--config") {
      problem("flag " + shown(argument) + ": there is no such flag; settled --help lists them");
      continue;
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      problem("flag " + name + ": a value must follow");
      continue;
    }
    const std::string value = equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
    key != nullptr ? static_cast<void>(given_.emplace_back(key, value)) : static_cast<void>(file_ = value);
  }
}

void Loader::flags() {
  for (const auto& [key, value] : given_) say(*key, "flag " + flag_name(*key), value);
}

void Loader::together() {
  const GuardConfig& guards = loaded_.config.guards;
  if (guards.buyer_cooldown.count > 0 && guards.buyer_per_minute == 0)
    problem(
        loaded_.sources["guard_buyer_cooldown_seconds"] +
        ": guard_buyer_cooldown_seconds without guard_buyer_per_minute does nothing: no buyer is too fast");
}

void Loader::environment(const std::vector<std::string>& variables) {
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    if (!name.starts_with("SETTLE_") || equals == std::string::npos) continue;
    if (name == "SETTLE_CONFIG" || name == "SETTLE_URL") continue;  // read elsewhere
    if (const ConfigKey* const key = find_key(name, environment_name)) {
      say(*key, "environment " + name, variable.substr(equals + 1));
    } else {
      loaded_.warnings.push_back("environment " + name + " is no setting of settled");
    }
  }
}

void Loader::file_member(const std::string& source, const std::string& name, const nlohmann::json& value) {
  const ConfigKey* const key = find_key(name, plain_name);
  if (key == nullptr) return problem(source + ": " + shown(name) + ": there is no such key");
  if (value.is_string()) return say(*key, source, value.get<std::string>());
  const bool flag = value.is_boolean() && std::string_view(key->allowed) == "true or false";
  if (value.is_number_integer() || flag) return say(*key, source, value.dump());
  problem(source + ": " + name + " = " + value.dump().substr(0, 200) + " is not allowed; allowed is " +
          key->allowed);
}

void Loader::file(const std::string& path) {
  const std::string source = "file " + path;
  std::error_code error;
  std::ifstream in;
  if (std::filesystem::is_regular_file(path, error)) in.open(path, std::ios::binary);
  if (!in.is_open()) return problem(source + ": cannot be read");
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_bytes_max) return problem(source + ": is larger than 64 KiB");
  nlohmann::json tree;
  if (const auto bad = read_json(text, tree)) {
    return problem(source + ": " + (bad->pointer.empty() ? "" : bad->pointer + ": ") + bad->detail);
  }
  if (!tree.is_object()) return problem(source + ": must be a JSON object");
  for (const auto& [name, value] : tree.items()) file_member(source, name, value);
}

std::optional<std::string> file_from_environment(const std::vector<std::string>& variables) {
  constexpr std::string_view name = "SETTLE_CONFIG=";
  for (const std::string& variable : variables) {
    if (variable.starts_with(name)) return variable.substr(name.size());
  }
  return std::nullopt;
}

}  // namespace

Result<LoadedConfig> load_config(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment) {
  Loader loader;
  loader.arguments(arguments);
  const ConfigCommand command = loader.loaded().command;
  if (command == ConfigCommand::help || command == ConfigCommand::version) return std::move(loader.loaded());
  loader.defaults();
  auto file = loader.file_from_flags();
  if (!file) file = file_from_environment(environment);
  if (file) loader.file(*file);
  loader.environment(environment);
  loader.flags();
  loader.together();
  return loader.result();
}

std::string config_help() {
  std::string text =
      "settled: settles purchases\n\n"
      "Usage: settled [--config FILE] [--KEY VALUE | --KEY=VALUE]...\n"
      "       settled --help | --version | --check-config | --print-config\n"
      "       settled --verify [--data FOLDER]   replays the journal of a stopped settled and compares; "
      "serves nothing\n\n"
      "A key comes from the file (JSON, \"key\": value), the environment (SETTLE_KEY) or a flag; the later "
      "overrules.\n"
      "SETTLE_CONFIG names the file where --config does not.\n\n";
  for (const ConfigKey& key : config_keys()) {
    text += "  " + flag_name(key) + "\n      " + key.help + "\n      allowed: " + key.allowed +
            "\n      default: ";
    text += (*key.fallback == '\0' ? "nothing" : key.fallback) + std::string("\n");
  }
  return text +
         "\nExit: 0 stopped as asked; 2 configuration; 3 data folder, key or journal; 4 the address is in "
         "use;\n"
         "1 anything else, and a second signal while stopping. docs/operating.md says more.\n";
}

std::string printed_config(const LoadedConfig& loaded) {
  nlohmann::ordered_json tree;
  for (const ConfigKey& key : config_keys()) {
    tree[key.name] = {{"value", loaded.values.at(key.name)}, {"source", loaded.sources.at(key.name)}};
  }
  return tree.dump(2);
}

}  // namespace settle
