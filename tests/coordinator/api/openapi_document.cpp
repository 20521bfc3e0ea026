#include "openapi_document.hpp"

#include <algorithm>

namespace settle::test {

const YAML::Node& document() {
  static const YAML::Node node = YAML::LoadFile(SETTLE_OPENAPI);
  return node;
}

YAML::Node resolved(const YAML::Node& node) {
  if (!node.IsMap() || !node["$ref"]) return node;
  const auto path = node["$ref"].as<std::string>();
  YAML::Node at = document();  // a handle; reset() below moves it and changes nothing
  for (std::size_t begin = 2; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    at.reset(YAML::Node(at[path.substr(begin, end - begin)]));
    begin = end + 1;
  }
  return resolved(at);
}

}  // namespace settle::test
