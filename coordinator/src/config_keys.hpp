#pragma once
// The keys of the configuration, in one table: name, what is allowed, how a text becomes a value.

#include <span>
#include <string>
#include <string_view>

#include "settle/coordinator/config.hpp"

namespace settle {

struct ConfigKey {
  const char* name;      // in the file; SETTLE_NAME in the environment, --na-me as a flag
  const char* fallback;  // the default, as text
  const char* allowed;   // for people
  const char* help;
  bool (*set)(Config& config, std::string_view value);  // false: not allowed
};
std::span<const ConfigKey> config_keys();

std::string environment_name(const ConfigKey& key);
std::string flag_name(const ConfigKey& key);

}  // namespace settle
