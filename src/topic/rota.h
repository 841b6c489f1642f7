// Whose turn it is: hands out partitions that have data, each to one taker at a time, at most `places` at
// once, in the order in which they became ready.
//
// All readers stand on this, so the promises of topic::Reader (a partition is never worked on twice at once;
// at most batches_in_work batches out) are kept and tested in one place.
//
// The gauge shows the turns that are out; it never exceeds `places`.
//
// Threads: any. wake() is short and never calls out, so that it can be called under other locks.

#pragma once

#include <prometheus/gauge.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>

#include "topic/topic.h"

namespace wikiflow::topic {

class Rota {
 public:
  // A partition that is out. Goes back with give_back(), once.
  struct Turn {
    Partition partition;
    std::uint64_t membership = 0;  // tells a partition that was withdrawn and added again from itself
  };

  Rota(int places, prometheus::Gauge& in_work) : places_(places), in_work_(in_work) {}

  // Partitions start without data; wake() says when there is some.
  void add(Partition partition);
  void wake(Partition partition);

  // Waits at most `wait` until a partition with data and a place are free. Nothing when that did not happen,
  // when `stop` was requested, or after close().
  std::optional<Turn> take(std::chrono::milliseconds wait, std::stop_token stop);

  // `more`: there may be data left, so the partition queues up again.
  void give_back(Turn turn, bool more);

  // Ends the turns of these partitions: no new ones, and waits at most `limit` until those that are out are
  // back. False when some were not; they are forgotten all the same, and coming back they only free their
  // place.
  bool withdraw(std::span<const Partition> partitions, std::chrono::milliseconds limit);

  // From now on take() returns nothing, at once.
  void close();

 private:
  struct Slot {
    std::uint64_t membership = 0;
    bool queued = false;  // stands in ready_
    bool out = false;     // its turn is being used
    bool woken = false;   // wake() came while it was out
    bool withdrawn = false;
  };

  void enqueue(std::int32_t number, Slot& slot);
  bool any_out(std::span<const Partition> partitions) const;

  const int places_;
  prometheus::Gauge& in_work_;
  std::mutex mutex_;
  std::condition_variable_any ready_or_closed_;
  std::condition_variable came_back_;
  std::map<std::int32_t, Slot> slots_;
  std::deque<std::int32_t> ready_;  // at most one entry for each slot
  std::uint64_t memberships_ = 0;
  int out_ = 0;
  bool closed_ = false;
};

}  // namespace wikiflow::topic
