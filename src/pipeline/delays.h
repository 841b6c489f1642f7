// How late counting is, and what it waits for: the tally's metrics of time.
//
// Nothing here costs a record anything: delays are taken once for each batch and each flush, and what is left
// of each partition once a second. Labels: partitions, of which a topic has few.
//
// Threads: behind() from one at a time; the others from any.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "base/metrics.h"
#include "base/partition.h"
#include "base/time.h"

namespace wikiflow::pipeline {

// What is left to count of a partition.
struct Behind {
  std::int64_t records = 0;
  Millis counted{};  // when the last record counted was sent; Millis{}: none was, since the start
  Millis heard{};    // when the broker last told where the partition ends
};

class Delays {
 public:
  explicit Delays(Metrics& metrics);

  // A batch was counted at `now`, and its last record was sent at `sent`.
  void counted(Millis sent, Millis now);

  void flushed(std::chrono::nanoseconds took);

  void behind(Partition partition, const Behind& left, Millis now);

 private:
  Metrics& metrics_;
  prometheus::Histogram& end_to_end_;
  prometheus::Histogram& flush_;
  std::map<Partition, Millis> as_of_;  // the counts hold all that was sent to the partition up to here
};

}  // namespace wikiflow::pipeline
