// The group as its coordinator sees it, which is not always what its members believe: one that slept too long
// has lost its partitions, and others write them, before it is told.
//
// Threads: the one that drives.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "pipeline/simulation/consumer_test.h"

namespace wikiflow::pipeline::simulation {

class Membership {
 public:
  Membership(std::vector<Consumer>& consumers, int partitions) : consumers_(consumers) {
    for (std::int32_t p = 0; p < partitions; ++p) owners_[{p}] = std::nullopt;
  }

  std::optional<std::size_t> owner(Partition partition) const { return owners_.at(partition); }
  bool believes(std::size_t consumer, Partition partition) const {
    const auto found = believed_.find(consumer);
    return found != believed_.end() && found->second.contains(partition);
  }

  // False when it could not be.
  bool assign(Partition partition, std::size_t consumer) {
    if (believes(consumer, partition)) tell_lost(consumer);
    owners_[partition] = consumer;
    believed_[consumer].insert(partition);
    if (consumers_[consumer].assigned(partition)) return true;
    believed_[consumer].erase(partition);
    if (owners_[partition] == consumer) owners_[partition].reset();
    return false;
  }
  void revoke(Partition partition) {
    const std::size_t consumer = owners_.at(partition).value();
    consumers_[consumer].revoked(partition);
    believed_[consumer].erase(partition);
    owners_[partition].reset();
  }
  // Its session is over, and it does not know.
  void expel(std::size_t consumer) {
    for (auto& [partition, owner] : owners_) {
      if (owner == consumer) owner.reset();
    }
  }
  void tell_lost(std::size_t consumer) {
    for (const Partition partition : std::set(believed_[consumer])) {
      if (owners_.at(partition) == consumer) continue;
      consumers_[consumer].lost(partition);
      believed_[consumer].erase(partition);
    }
  }
  void died(std::size_t consumer) {
    expel(consumer);
    believed_.erase(consumer);
  }

 private:
  std::vector<Consumer>& consumers_;
  std::map<Partition, std::optional<std::size_t>> owners_;
  std::map<std::size_t, std::set<Partition>> believed_;
};

}  // namespace wikiflow::pipeline::simulation
