// librdkafka's own numbers, which it prints as JSON every few seconds: read into a few gauges, and into what
// only it knows (which broker leads which partition, how many partitions there are).

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"

namespace wikiflow::topic::kafka {

struct Statistics {
  double worst_rtt_seconds = 0;  // largest p99 of the brokers' round trips since the last report
  std::uint64_t sent_bytes = 0;  // since the client was made
  std::uint64_t received_bytes = 0;
  std::uint64_t queued_records = 0;  // a writer's in flight, or a reader's fetched and not yet taken
  std::uint64_t queued_bytes = 0;
  int brokers = 0;    // that it knows where to find, reached or not
  int connected = 0;  // of these, that it is connected to
  struct Topic {
    int partitions = 0;
    std::map<std::int32_t, std::int32_t> leaders;  // by partition; -1: none
  };
  std::map<std::string, Topic> topics;
};

// Errors: bad_input when `json` is not a statistics object.
Result<Statistics> parse_statistics(std::string_view json);

// Shows reports of one client as metrics with the label client="reader", "member" (of a group, which reads
// nothing) or "writer".
class StatisticsGauges {
 public:
  StatisticsGauges(Metrics& metrics, const std::string& client);
  void show(const Statistics& statistics);

 private:
  prometheus::Gauge& rtt_;
  prometheus::Gauge& queued_records_;
  prometheus::Gauge& queued_bytes_;
  prometheus::Counter& sent_;
  prometheus::Counter& received_;
  std::uint64_t last_sent_ = 0;
  std::uint64_t last_received_ = 0;
};

}  // namespace wikiflow::topic::kafka
