#include "pipeline/delays.h"

#include <algorithm>
#include <string>

namespace wikiflow::pipeline {
namespace {

using Seconds = std::chrono::duration<double>;

// A clock of another machine may be ahead of ours.
double seconds_since(Millis then, Millis now) { return std::max(0.0, Seconds(now - then).count()); }

}  // namespace

Delays::Delays(Metrics& metrics)
    : metrics_(metrics),
      end_to_end_(metrics.histogram(
          "wikiflow_tally_end_to_end_seconds",
          "From the time of a record, when its producer sent it, until it was counted: of the last record of "
          "each batch. Tells something only once `wikiflow_tally_complete` is 1: before, it is the age of "
          "what "
          "is caught up with. Growing: see what is left of each partition, and whether the producer waits "
          "for "
          "the broker. The clocks of both machines are in it.",
          {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800})),
      flush_(metrics.histogram(
          "wikiflow_store_flush_seconds",
          "What it took to make lasting what was counted since the flush before, tries that "
          "failed included. Seconds: the disk or Cassandra is slow, and a crash has so much "
          "more to count again.",
          {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30})) {}

void Delays::counted(Millis sent, Millis now) { end_to_end_.Observe(seconds_since(sent, now)); }

void Delays::flushed(std::chrono::nanoseconds took) { flush_.Observe(Seconds(took).count()); }

void Delays::behind(Partition partition, const Behind& left, Millis now) {
  const Metrics::Labels labels{{"partition", std::to_string(partition.number)}};
  metrics_
      .gauge("wikiflow_tally_partition_lag_records",
             "Records of this partition that are not counted yet. Growing in one alone: more of the changes "
             "have its keys, or its leader is slow.",
             labels)
      .Set(static_cast<double>(left.records));
  Millis& as_of = as_of_[partition];
  as_of = std::max(as_of, left.records == 0 ? left.heard : left.counted);
  // After a restart, what was counted last by the process before is not known yet.
  if (left.records > 0 && as_of == Millis{}) return;
  metrics_
      .gauge(
          "wikiflow_tally_partition_lag_seconds",
          "How far back the counts of this partition stand: 0 when nothing is left that is known of, else "
          "the time since the last record counted was sent, or since nothing was left. Growing: nothing of "
          "it is counted, see the log and `/readyz`.",
          labels)
      .Set(left.records == 0 ? 0 : seconds_since(as_of, now));
}

}  // namespace wikiflow::pipeline
