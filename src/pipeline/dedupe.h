// Which records of a partition are duplicates: those whose event id occurs among the `ids` offsets before.
//
// That is a function of the log and of nothing else: fed from any offset at least `ids` before the first
// record that matters, the window gives the same answers as one that was fed from the beginning. So nothing
// of it is kept; a start reads that stretch of the log again.
//
// Ids of duplicates count too, so a record that comes again and again stays known. A record without an id, or
// with the id of 16 zero bytes, is never a duplicate, but takes its place.
//
// Memory: 16 bytes a place and about 10 for the sets of places, fixed at the beginning (turned down: a set of
// ids beside the ring, 40 bytes). bench/micro_exact.cc has the figures.
//
// Threads: one at a time.

#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/partition.h"
#include "event/event_id.h"

namespace wikiflow::pipeline {

class DedupeWindow {
 public:
  // `ids`: at least 1.
  explicit DedupeWindow(std::uint32_t ids);
  DedupeWindow(const DedupeWindow&) = delete;
  DedupeWindow& operator=(const DedupeWindow&) = delete;

  // Takes the record at `offset`, which is beyond all taken before; offsets may be missing in between. True
  // when its id occurs in [offset - ids, offset).
  bool take(Offset offset, const std::optional<EventId>& id);

 private:
  // A place in the ring stands for the id that lies there.
  struct Hash {
    using is_transparent = void;
    const EventId* ring;
    std::size_t operator()(std::uint32_t place) const noexcept { return EventIdHash{}(ring[place]); }
    std::size_t operator()(const EventId& id) const noexcept { return EventIdHash{}(id); }
  };
  struct Equal {
    using is_transparent = void;
    const EventId* ring;
    bool operator()(std::uint32_t a, std::uint32_t b) const noexcept { return ring[a] == ring[b]; }
    bool operator()(const EventId& id, std::uint32_t place) const noexcept { return id == ring[place]; }
    bool operator()(std::uint32_t place, const EventId& id) const noexcept { return id == ring[place]; }
  };

  std::uint32_t place_of(std::int64_t offset) const {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(offset) % ring_.size());
  }
  void move_to(std::int64_t offset);

  std::vector<EventId> ring_;  // by offset; zeros: no id
  std::optional<std::int64_t> last_;

  // The places of three generations of offsets, which cover the window, and of the one that is being filled.
  // An id that leaves the window stays where it is, but is no longer found, since another lies at its place;
  // its generation is emptied as a whole. (Turned down: one set that each id is taken out of as it leaves. To
  // find what leaves costs more than to look for an id in four sets, each of which fits into a core's cache.)
  static constexpr std::int64_t kGenerations = 4;
  using Places = boost::unordered_flat_set<std::uint32_t, Hash, Equal>;
  const std::int64_t generation_offsets_;
  std::vector<Places> places_;
  std::int64_t generation_ = -1;  // that of last_
};

}  // namespace wikiflow::pipeline
