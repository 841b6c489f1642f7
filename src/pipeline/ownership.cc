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

void Ownership::set_reader(topic::Reader* reader) { reader_ = reader; }

Result<std::vector<std::pair<Partition, Offset>>> Ownership::assigned(std::span<const Partition> partitions) {
  if (auto owned = store_.own(partitions); !owned) return tl::make_unexpected(owned.error());
  log_info("tally", "writes these partitions from now on", {{"partitions", list(partitions)}});
  std::vector<std::pair<Partition, Offset>> nowhere;  // the reader is idle
  nowhere.reserve(partitions.size());
  for (const Partition partition : partitions) nowhere.emplace_back(partition, Offset{});
  return nowhere;
}

void Ownership::revoked(std::span<const Partition> partitions) {
  failpoint("revoke.before");
  const auto lasting = store_.release(partitions, limit_);
  failpoint("revoke.flushed");
  if (topic::Reader* const reader = reader_) {
    for (const auto& [partition, next] : lasting) reader->commit(partition, next);
  }
  failpoint("revoke.committed");
  log_info("tally", "no longer writes these partitions", {{"partitions", list(partitions)}});
}

void Ownership::lost(std::span<const Partition> partitions) {
  (void)store_.release(partitions, std::chrono::milliseconds{0});
  log_warn("tally", "lost these partitions to another instance", {{"partitions", list(partitions)}});
}

}  // namespace wikiflow::pipeline
