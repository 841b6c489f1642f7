#include "serve/server_metrics.h"

#include <algorithm>

namespace wikiflow::serve {
namespace {

constexpr std::array kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::array kDrops{"idle", "slow_request", "slow_reader"};

}  // namespace

RouteMetrics::RouteMetrics(Metrics& metrics, const std::string& route)
    : duration_(&metrics.histogram("wikiflow_http_request_duration_seconds",
                                   "From a whole request to its answer being ready to send, waiting for a "
                                   "worker included. When it grows, ask "
                                   "less often or with ?limit=N.",
                                   {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5},
                                   {{"route", route}})) {
  for (std::size_t i = 0; i < by_class_.size(); ++i) {
    by_class_.at(i) = &metrics.counter("wikiflow_http_requests_total",
                                       "Requests answered, by route and class of status. 5xx is ours to "
                                       "mend: see the log; 4xx is the client's.",
                                       {{"route", route}, {"class", kClasses.at(i)}});
  }
}

void RouteMetrics::answered(int status, std::chrono::nanoseconds took) const {
  const auto index = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
  by_class_.at(index)->Increment();
  duration_->Observe(std::chrono::duration<double>(took).count());
}

ServerMetrics::ServerMetrics(Metrics& metrics, std::size_t max_connections)
    : connections(
          metrics.gauge("wikiflow_http_connections",
                        "Open connections. At the limit, further ones get 503: find who keeps them open.")),
      in_work(metrics.gauge("wikiflow_http_requests_in_work",
                            "Requests with a worker or waiting for one; at most one for each connection.")),
      rejected(metrics.counter("wikiflow_http_connections_rejected_total",
                               "Connections beyond the limit. When it grows, put a proxy in front.")),
      malformed(metrics.counter(
          "wikiflow_http_malformed_requests_total",
          "Requests that were not HTTP or larger than allowed. Look for a scanner or a broken "
          "client.")),
      sent_bytes(metrics.counter("wikiflow_http_sent_bytes_total", "Bytes of answers, heads included.")),
      failures(metrics.counter("wikiflow_http_handler_failures_total",
                               "Answers that became 500 because a handler threw: a bug, see the log.")) {
  metrics.gauge("wikiflow_http_connections_limit", "The bound of wikiflow_http_connections.")
      .Set(static_cast<double>(max_connections));
  for (std::size_t i = 0; i < drops.size(); ++i) {
    drops.at(i) =
        &metrics.counter("wikiflow_http_connections_dropped_total",
                         "Connections closed by us. `idle` is usual; many slow ones may be an attack.",
                         {{"reason", kDrops.at(i)}});
  }
}

}  // namespace wikiflow::serve
