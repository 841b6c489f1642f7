#include "pipeline/dedupe.h"

#include <algorithm>

namespace wikiflow::pipeline {
namespace {

constexpr EventId kNone{};

}  // namespace

DedupeWindow::DedupeWindow(std::uint32_t ids)
    : ring_(std::max<std::uint32_t>(ids, 1)), places_(0, Hash{ring_.data()}, Equal{ring_.data()}) {
  places_.reserve(ring_.size());
}

bool DedupeWindow::take(Offset offset, const std::optional<EventId>& id) {
  const bool has_id = id && *id != kNone;
  if (!has_id && places_.empty()) {  // a topic without ids: there is nothing to forget either
    last_ = offset.value;
    return false;
  }
  skip_to(offset.value);
  const std::uint32_t place = place_of(offset.value);
  last_ = offset.value;
  // What lies there is `ids` offsets back: still in the window for this record, and for none after it.
  const bool same = has_id && ring_[place] == *id;
  forget(place);
  if (!has_id) return false;
  ring_[place] = *id;
  const auto [at, is_new] = places_.insert(place);
  if (is_new) return same;
  places_.erase(at);  // an older place with the same id
  places_.insert(place);
  return true;
}

// What lies at `place` leaves the window.
void DedupeWindow::forget(std::uint32_t place) {
  EventId& id = ring_[place];
  if (id == kNone) return;
  const auto found = places_.find(id);
  if (found != places_.end() && *found == place) places_.erase(found);
  id = kNone;
}

// Offsets that the log does not have take their places too.
void DedupeWindow::skip_to(std::int64_t offset) {
  if (!last_ || offset - *last_ <= 1) return;
  if (offset - *last_ > static_cast<std::int64_t>(ring_.size())) {
    places_.clear();
    std::fill(ring_.begin(), ring_.end(), kNone);
    return;
  }
  for (std::int64_t hole = *last_ + 1; hole < offset; ++hole) forget(place_of(hole));
}

}  // namespace wikiflow::pipeline
