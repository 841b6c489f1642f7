#include "pipeline/ownership.h"

#include "base/failpoint.h"
#include "base/log.h"

namespace wikiflow::pipeline {
namespace {

std::string list(std::span<const Partition> partitions) {
  std::string text;
  for (const Partition partition : partitions) {
    if (!text.empty()) text += ',';
    text += std::to_string(partition.number);
  }
  return text;
}

}  // namespace

Ownership::Ownership(store::CountStore& store, std::chrono::milliseconds limit, Metrics& metrics,
                     Undecodable* undecodable)
    : store_(store),
      limit_(limit),
      undecodable_(undecodable),
      owned_(metrics.gauge(
          "wikiflow_tally_partitions_owned",
          "Partitions whose counts this instance writes to the store. The sum over the group is "
          "the topic's partitions, but for a session timeout after an instance has died.")) {}

void Ownership::set_reader(topic::Reader* reader) { reader_ = reader; }

Result<std::vector<std::pair<Partition, Offset>>> Ownership::assigned(std::span<const Partition> partitions) {
  std::unique_lock<std::mutex> passing;
  if (undecodable_ != nullptr) {
    passing = undecodable_->hold();
    undecodable_->own(partitions);
  }
  store_.own(partitions);
  owned_.Increment(static_cast<double>(partitions.size()));
  log_info("tally", "writes these partitions from now on", {{"partitions", list(partitions)}});
  std::vector<std::pair<Partition, Offset>> nowhere;  // the reader is idle
  nowhere.reserve(partitions.size());
  for (const Partition partition : partitions) nowhere.emplace_back(partition, Offset{});
  return nowhere;
}

void Ownership::revoked(std::span<const Partition> partitions) {
  failpoint("revoke.before");
  std::unique_lock<std::mutex> passing;
  auto limit = limit_;
  if (undecodable_ != nullptr) {
    passing = undecodable_->hold();
    // Otherwise nothing more is written: whoever owns them next has these letters too, and the counts.
    if (!undecodable_->settle(limit_)) limit = std::chrono::milliseconds{0};
    undecodable_->disown(partitions);
  }
  const auto lasting = store_.release(partitions, limit);
  failpoint("revoke.flushed");
  owned_.Decrement(static_cast<double>(partitions.size()));
  if (topic::Reader* const reader = reader_) {
    for (const auto& [partition, next] : lasting) reader->commit(partition, next);
  }
  failpoint("revoke.committed");
  log_info("tally", "no longer writes these partitions", {{"partitions", list(partitions)}});
}

void Ownership::lost(std::span<const Partition> partitions) {
  std::unique_lock<std::mutex> passing;
  if (undecodable_ != nullptr) {
    passing = undecodable_->hold();
    undecodable_->disown(partitions);
  }
  (void)store_.release(partitions, std::chrono::milliseconds{0});
  owned_.Decrement(static_cast<double>(partitions.size()));
  log_warn("tally", "lost these partitions to another instance", {{"partitions", list(partitions)}});
}

}  // namespace wikiflow::pipeline
