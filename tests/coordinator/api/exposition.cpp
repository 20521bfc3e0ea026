#include "exposition.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>
#include <sstream>

namespace settle::test {
namespace {

class Reader {
 public:
  explicit Reader(Exposition& out) : out_(out) {}

  void line(const std::string& text) {
    static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
    static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
    static const std::regex sample(
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\+Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?))");
    std::smatch match;
    if (std::regex_match(text, match, help)) return begin(match[1], match[2]);
    if (std::regex_match(text, match, type)) return typed(match[1], match[2]);
    if (std::regex_match(text, match, sample)) return sampled(match[1], match[2], match[3], text);
    breach("cannot be read: " + text);
  }

  void end() {
    for (const auto& [name, family] : out_.families) {
      if (family.samples.empty()) breach(name + " has no sample");
      if (family.type.empty()) breach(name + " has no type");
      if (family.type == "histogram") check_histogram(name, family);
      if (family.type == "counter" && !name.ends_with("_total")) breach(name + " is a counter");
      for (const auto& [sample, value] : family.samples)
        if (family.type == "counter" && !(value >= 0)) breach(sample + " is negative");
    }
  }

 private:
  void breach(const std::string& what) { out_.breaches.push_back(what); }

  void begin(const std::string& name, const std::string& help) {
    if (!out_.families.emplace(name, Exposition::Family{"", help, {}}).second) breach(name + " comes twice");
    current_ = name;
  }
  void typed(const std::string& name, const std::string& type) {
    if (name != current_) return breach("the type of " + name + " does not follow its help");
    out_.families[name].type = type;
  }
  void sampled(const std::string& name, const std::string& labels, const std::string& value,
               const std::string& text) {
    Exposition::Family& family = out_.families[current_];
    std::string suffix;
    if (family.type == "histogram")
      for (const char* one : {"_bucket", "_sum", "_count"})
        if (name == current_ + one) suffix = one;
    if (family.type.empty() || name != current_ + suffix || (family.type == "histogram" && suffix.empty()))
      return breach("belongs to no family: " + text);
    const double number = value == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(value);
    if (!check_labels(labels)) breach("labels: " + text);
    const std::string key = name + (labels.empty() ? "" : "{" + labels + "}");
    if (!family.samples.emplace(key, number).second) breach("comes twice: " + text);
  }

  static bool check_labels(const std::string& labels) {
    static const std::regex all(
        R"rx((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"(?:,(?!$)|$))*)rx");
    return std::regex_match(labels, all);
  }

  // Buckets rise, end at +Inf, and that is the count.
  void check_histogram(const std::string& name, const Exposition::Family& family) {
    static const std::regex bucket(R"rx((.*_bucket)\{(?:(.*),)?le="([^"]*)"\})rx");
    std::map<std::string, std::map<double, double>> buckets;
    std::smatch match;
    for (const auto& [sample, value] : family.samples) {
      if (!std::regex_match(sample, match, bucket)) continue;
      const std::string le = match[3];
      buckets[match[2]][le == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(le)] = value;
    }
    if (buckets.empty()) breach(name + " has no buckets");
    for (const auto& [labels, values] : buckets) {
      const std::string braces = labels.empty() ? "" : "{" + labels + "}";
      double before = 0;
      for (const auto& [le, value] : values) {
        if (value < before) breach(name + braces + " falls");
        before = value;
      }
      if (!std::isinf(values.rbegin()->first)) breach(name + braces + " does not end at +Inf");
      const auto count = family.samples.find(name + "_count" + braces);
      if (count == family.samples.end() || count->second != before) breach(name + braces + " and its count");
      if (family.samples.count(name + "_sum" + braces) == 0) breach(name + braces + " has no sum");
    }
  }

  Exposition& out_;
  std::string current_;
};

}  // namespace

double Exposition::value(const std::string& sample) const {
  for (const auto& [name, family] : families)
    if (const auto found = family.samples.find(sample); found != family.samples.end()) return found->second;
  ADD_FAILURE() << "there is no sample " << sample;
  return -1;
}

Exposition read_exposition(const std::string& text) {
  Exposition out;
  if (text.empty() || text.back() != '\n') out.breaches.emplace_back("does not end with a newline");
  Reader reader(out);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) reader.line(line);
  reader.end();
  return out;
}

}  // namespace settle::test
