#include "metric_families.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

namespace settle {

void MetricFamilies::begin(const char* name, const char* help, MetricKind kind) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = kind == MetricKind::counter ? prometheus::MetricType::Counter
                : kind == MetricKind::gauge ? prometheus::MetricType::Gauge
                                            : prometheus::MetricType::Histogram;
  families_.push_back(std::move(family));
}

prometheus::ClientMetric& MetricFamilies::metric(Labels labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  families_.back().metric.push_back(std::move(metric));
  return families_.back().metric.back();
}

void MetricFamilies::add_value(Labels labels, double value) {
  prometheus::ClientMetric& one = metric(labels);
  if (families_.back().type == prometheus::MetricType::Counter) {
    one.counter.value = value;
  } else {
    one.gauge.value = value;
  }
}

void MetricFamilies::add_histogram(Labels labels, const std::uint64_t* bounds, const std::uint64_t* bins,
                                   std::size_t count, std::uint64_t sum, double per) {
  prometheus::ClientMetric::Histogram& histogram = metric(labels).histogram;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    below += bins[i];
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = below;
    bucket.upper_bound =
        i < count ? static_cast<double>(bounds[i]) / per : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back(bucket);
  }
  histogram.sample_count = below;
  histogram.sample_sum = static_cast<double>(sum) / per;
}

std::string MetricFamilies::text() const {
  std::vector<prometheus::MetricFamily> told;
  std::copy_if(families_.begin(), families_.end(), std::back_inserter(told),
               [](const auto& family) { return !family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(told);
}

}  // namespace settle
