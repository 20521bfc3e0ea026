#pragma once
// docs/openapi.yaml, read once, with its references followed.

#include <yaml-cpp/yaml.h>

#include <string>

namespace settle::test {

const YAML::Node& document();
// What `node` refers to, or itself.
YAML::Node resolved(const YAML::Node& node);

}  // namespace settle::test
