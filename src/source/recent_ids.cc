#include "source/recent_ids.h"

namespace wikiflow::source {

RecentIds::RecentIds(std::size_t capacity) : capacity_(capacity) {}

bool RecentIds::add(const EventId& id) {
  if (!ids_.insert(id).second) return false;
  if (ring_.size() < capacity_) {
    ring_.push_back(id);
    return true;
  }
  // An id that was forgotten and came again stands in the ring twice; the older place then lets it go early,
  // which costs no more than one more record that the consumer drops.
  ids_.erase(ring_[next_]);
  ring_[next_] = id;
  next_ = (next_ + 1) % capacity_;
  return true;
}

void RecentIds::forget(std::span<const EventId> ids) {
  for (const EventId& id : ids) ids_.erase(id);
}

}  // namespace wikiflow::source
