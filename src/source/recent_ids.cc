#include "source/recent_ids.h"

namespace wikiflow::source {

RecentIds::RecentIds(std::size_t capacity) : capacity_(capacity) {}

bool RecentIds::add(const EventId& id) {
  if (!ids_.insert(id).second) return false;
  if (ring_.size() < capacity_) {
    ring_.push_back(id);
    return true;
  }
  ids_.erase(ring_[next_]);
  ring_[next_] = id;
  next_ = (next_ + 1) % capacity_;
  return true;
}

void RecentIds::reset(std::span<const EventId> ids) {
  ids_.clear();
  ring_.clear();
  next_ = 0;
  for (const EventId& id : ids) add(id);
}

}  // namespace wikiflow::source
