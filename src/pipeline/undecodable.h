// What becomes of a topic's records that nothing can be counted by: dead letters, written by whoever keeps
// the counts of their partition.
//
// Guarantee: no checkpoint passes a record whose letter is not acknowledged. For that, three things are done
// under hold(): giving records here and adding their batch to the store; settle() and flushing the store;
// own() or disown() and telling the store. A store that flushes by itself is none of ours.
//
// Where several instances keep the counts of one topic, each reads all of it and only a partition's owner
// writes its letters. The others hold theirs back, to write them when the partition becomes their own: by
// then they have read past these records, and would not read them again. At most kHeldBack letters or
// kHeldBackBytes are held back; what is older is written all the same, and lies in the topic twice.
//
// Threads: any.

#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pipeline/dead_letters.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

class Undecodable {
 public:
  static constexpr std::size_t kHeldBack = 1'000;
  static constexpr std::size_t kHeldBackBytes = std::size_t{8} << 20U;

  // `letters` outlives the object. `shared`: others keep counts of these partitions too, and own() says which
  // are ours; otherwise all are.
  Undecodable(DeadLetters& letters, std::string topic, std::string generation, bool shared);

  std::unique_lock<std::mutex> hold() { return std::unique_lock(passing_); }

  void give(Partition partition, const topic::Record& record, std::string_view why);

  // Waits until all letters given so far, of our partitions, are acknowledged. Error: transient after
  // `limit`.
  Result<void> settle(std::chrono::milliseconds limit) { return letters_.flush(limit); }

  void own(std::span<const Partition> partitions);
  void disown(std::span<const Partition> partitions);

  // Why no more work should be taken, or nothing.
  std::optional<std::string> trouble() const { return letters_.trouble(); }

 private:
  struct Held {
    Partition partition;
    DeadLetter letter;
  };

  DeadLetters& letters_;
  const std::string topic_;
  const std::string generation_;
  const bool shared_;
  std::mutex passing_;

  std::mutex mutex_;  // guards what follows
  std::set<Partition> owned_;
  std::deque<Held> held_;  // the oldest first
  std::size_t held_bytes_ = 0;
};

}  // namespace wikiflow::pipeline
