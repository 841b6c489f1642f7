// The event ids seen lately: a source that is resumed with a margin sends the last few seconds again, and the
// same meta.id can be sent twice.
//
// Holds the last `capacity` ids, the oldest giving way to the newest. Memory: about 40 bytes an id.
// Threads: one.

#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <span>
#include <vector>

#include "event/event_id.h"

namespace wikiflow::source {

class RecentIds {
 public:
  explicit RecentIds(std::size_t capacity);

  // False when the id is there already.
  bool add(const EventId& id);

  // As if exactly these had been seen, of which the last `capacity` are kept.
  void reset(std::span<const EventId> ids);

  std::size_t size() const { return ids_.size(); }

 private:
  std::size_t capacity_;
  std::size_t next_ = 0;       // where in ring_ the next id goes
  std::vector<EventId> ring_;  // grows to capacity_
  boost::unordered_flat_set<EventId, EventIdHash> ids_;
};

}  // namespace wikiflow::source
