// The process's metrics: a registry of prometheus-cpp and short ways to make families of it.
//
// Names begin with `wikiflow_`, use base units (seconds, bytes), and counters end in `_total`. The help text
// says what an operator should do when the number moves. Labels are from small fixed sets: never a user, a
// page or a domain.
//
// A module takes Metrics& and keeps references to what it made; they live as long as the Metrics object.
// Making the same name and labels twice gives the same metric. Threads: any.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace wikiflow {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                   const prometheus::Histogram::BucketBoundaries& buckets,
                                   const Labels& labels = {});

  // For values that are read off another object at scrape time.
  void add(const std::shared_ptr<prometheus::Collectable>& source);

  // Prometheus text format 0.0.4.
  std::string exposition() const;
  // OpenMetrics 1.0: counters by their names without `_total`, bounds of buckets with a point, an end.
  std::string open_metrics() const;

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
  std::vector<std::shared_ptr<prometheus::Collectable>> sources_;
  mutable std::mutex mutex_;
};

}  // namespace wikiflow
