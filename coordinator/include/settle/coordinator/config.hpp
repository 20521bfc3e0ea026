#pragma once
// What `settled` is told at start: by a file, by the environment, by flags, each overruling the one before.
// Every value is checked before anything is opened; docs/operating.md is the reference.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settle/coordinator/endpoints.hpp"
#include "settle/coordinator/guards.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

struct Config {
  std::string listen_address = "127.0.0.1";  // a loopback address, as a literal
  std::uint16_t listen_port = 7070;          // 0: any free one
  std::filesystem::path data = "settle-data";
  std::filesystem::path key_file;  // empty: settle.key in the data folder
  std::uint16_t shards = 64;       // of a new journal
  std::uint32_t in_motion_max = 100'000;
  DurationMs rest_after{2'000};
  DurationMs stop_patience{10'000};
  LogLevel log_level = LogLevel::info;
  bool resolve_needs_second_person = false;
  DurationMs sweep_every{600'000};  // 0: never by itself
  std::string callback_base;        // empty: the address that is bound
  std::uint64_t cache_bytes = 64U << 20;
  GatePolicy gates;
  GuardConfig guards;

  std::filesystem::path key_path() const { return key_file.empty() ? data / "settle.key" : key_file; }
  std::filesystem::path journal_path() const { return data / "journal"; }
};

enum class ConfigCommand : std::uint8_t { run, help, version, check, print, verify };

struct LoadedConfig {
  Config config;
  ConfigCommand command = ConfigCommand::run;
  std::map<std::string, std::string> values;  // by key, as text
  std::map<std::string, std::string>
      sources;                        // by key: "default", "file F", "environment SETTLE_X", "flag --x"
  std::vector<std::string> warnings;  // things that look like settings and are none
};

// `environment`: "NAME=VALUE" each. Errors: invalid_configuration; the detail has a line for every problem,
// with source, key, value and what is allowed.
Result<LoadedConfig> load_config(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment);

std::string config_help();
std::string printed_config(const LoadedConfig& loaded);  // JSON: each key with value and source

// Makes the data folder if it is not there, and sees that it is ours to write. Errors: folder_foreign,
// folder_unwritable.
Status prepare_data_folder(const Config& config);

}  // namespace settle
