#include "base/metrics.h"

#include <prometheus/text_serializer.h>

#include <mutex>

namespace wikiflow {

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const prometheus::Histogram::BucketBoundaries& buckets,
                                          const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, buckets);
}

void Metrics::add(const std::shared_ptr<prometheus::Collectable>& source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(source);
}

std::string Metrics::exposition() const {
  auto families = registry_.Collect();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& source : sources_) {
      for (auto& family : source->Collect()) families.push_back(std::move(family));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace wikiflow
