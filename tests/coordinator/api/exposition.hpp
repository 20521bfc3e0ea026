#pragma once
// A strict reader of Prometheus' text exposition format, version 0.0.4: whatever it does not allow is a
// breach, and so is what it allows and nobody should do.

#include <map>
#include <string>
#include <vector>

namespace settle::test {

struct Exposition {
  struct Family {
    std::string type, help;
    // By the labels as they are written between the braces, sorted; histograms with their suffixes.
    std::map<std::string, double> samples;
  };
  std::map<std::string, Family> families;
  std::vector<std::string> breaches;

  // Of the sample "name" or "name{labels}"; a breach of its own if it is not there.
  double value(const std::string& sample) const;
};

Exposition read_exposition(const std::string& text);

}  // namespace settle::test
