#pragma once
// Collects metrics for Prometheus' text format.

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace settle {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

class MetricFamilies {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string>>;

  // What is added next belongs to it. A family without a metric is left out.
  void begin(const char* name, const char* help, MetricKind kind);
  template <class Number>
  void add(Labels labels, Number value) {
    add_value(labels, static_cast<double>(value));
  }
  // Bounds and sum divided by `per` are in the metric's own unit.
  template <std::size_t Bounds>
  void histogram(Labels labels, const std::array<std::uint64_t, Bounds>& bounds,
                 const std::array<std::uint64_t, Bounds + 1>& bins, std::uint64_t sum, double per) {
    add_histogram(labels, bounds.data(), bins.data(), Bounds, sum, per);
  }

  template <class Number>
  void counter(const char* name, const char* help, Number value) {
    begin(name, help, MetricKind::counter);
    add({}, value);
  }
  template <class Number>
  void gauge(const char* name, const char* help, Number value) {
    begin(name, help, MetricKind::gauge);
    add({}, value);
  }

  std::string text() const;

 private:
  prometheus::ClientMetric& metric(Labels labels);
  void add_value(Labels labels, double value);
  void add_histogram(Labels labels, const std::uint64_t* bounds, const std::uint64_t* bins, std::size_t count,
                     std::uint64_t sum, double per);
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace settle
