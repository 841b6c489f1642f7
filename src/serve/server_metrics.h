// What the server counts.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/metrics.h"

namespace wikiflow::serve {

// Of one route. Copies count into the same metrics.
class RouteMetrics {
 public:
  RouteMetrics(Metrics& metrics, const std::string& route);
  void answered(int status, std::chrono::nanoseconds took) const;

 private:
  std::array<prometheus::Counter*, 5> by_class_{};  // 1xx to 5xx
  prometheus::Histogram* duration_;
};

// Why a connection was dropped by us.
enum class Drop { idle, slow_request, slow_reader };

struct ServerMetrics {
  ServerMetrics(Metrics& metrics, std::size_t max_connections);
  void dropped(Drop why) const { drops.at(static_cast<std::size_t>(why))->Increment(); }

  prometheus::Gauge& connections;
  prometheus::Gauge& in_work;
  prometheus::Counter& rejected;
  prometheus::Counter& malformed;
  prometheus::Counter& sent_bytes;
  prometheus::Counter& failures;
  std::array<prometheus::Counter*, 3> drops{};
};

}  // namespace wikiflow::serve
