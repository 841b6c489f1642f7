#include "pipeline/dedupe.h"

#include <algorithm>

namespace wikiflow::pipeline {
namespace {

constexpr EventId kNone{};

}  // namespace

DedupeWindow::DedupeWindow(std::uint32_t ids)
    : ring_(std::max<std::uint32_t>(ids, 1)),
      generation_offsets_((static_cast<std::int64_t>(ring_.size()) + kGenerations - 2) / (kGenerations - 1)),
      places_(kGenerations, Places(0, Hash{ring_.data()}, Equal{ring_.data()})) {
  for (Places& places : places_) places.reserve(static_cast<std::size_t>(generation_offsets_));
}

bool DedupeWindow::take(Offset offset, const std::optional<EventId>& id) {
  move_to(offset.value);
  const std::uint32_t place = place_of(offset.value);
  if (!id || *id == kNone) {
    ring_[place] = kNone;
    return false;
  }
  // What lies at its place is `ids` offsets back: still in the window for this record, and for none after it.
  bool known = false;
  // No short cut, so that memory is waited for once and not four times.
  for (const Places& places : places_) known |= places.contains(*id);
  ring_[place] = *id;
  Places& newest = places_[static_cast<std::size_t>(generation_ % kGenerations)];
  const auto [at, is_new] = newest.insert(place);
  if (!is_new) {  // an older place with the same id
    newest.erase(at);
    newest.insert(place);
  }
  return known;
}

// Offsets that the log does not have take their places too.
void DedupeWindow::move_to(std::int64_t offset) {
  if (last_) {
    const std::int64_t holes = std::min(offset - *last_ - 1, static_cast<std::int64_t>(ring_.size()));
    for (std::int64_t hole = offset - holes; hole < offset; ++hole) ring_[place_of(hole)] = kNone;
  }
  last_ = offset;
  if (offset < (generation_ + 1) * generation_offsets_) return;
  const std::int64_t generation = offset / generation_offsets_;
  for (auto begun = std::max(generation_ + 1, generation - kGenerations + 1); begun <= generation; ++begun) {
    places_[static_cast<std::size_t>(begun % kGenerations)].clear();
  }
  generation_ = generation;
}

}  // namespace wikiflow::pipeline
