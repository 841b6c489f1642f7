// Which partitions this process writes to a shared store: what a group says, told to the store.
//
// Reading does not follow it: every instance reads all partitions, to answer with all of them (ADR 5).
//
// Threads: as topic::AssignmentListener.

#pragma once

#include <atomic>

#include "base/metrics.h"
#include "pipeline/undecodable.h"
#include "store/count_store.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

class Ownership final : public topic::AssignmentListener {
 public:
  // `limit`: how long a revocation waits for the store, and for dead letters before. Store and `undecodable`
  // (nothing: no dead letters are written) outlive the object.
  Ownership(store::CountStore& store, std::chrono::milliseconds limit, Metrics& metrics,
            Undecodable* undecodable = nullptr);

  // The reader that takes part in the group; commits of what is revoked go through it.
  void set_reader(topic::Reader* reader);

  Result<std::vector<std::pair<Partition, Offset>>> assigned(std::span<const Partition> partitions) override;
  void revoked(std::span<const Partition> partitions) override;
  void lost(std::span<const Partition> partitions) override;

 private:
  store::CountStore& store_;
  const std::chrono::milliseconds limit_;
  Undecodable* const undecodable_;
  std::atomic<topic::Reader*> reader_{nullptr};
  prometheus::Gauge& owned_;
};

}  // namespace wikiflow::pipeline
