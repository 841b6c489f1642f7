#include "pipeline/place.h"

#include <string_view>

#include "event/codec.h"

namespace wikiflow::pipeline {

Place find_place(std::span<const topic::Tail> tails, const std::optional<source::Interval>& own) {
  Place place;
  std::vector<source::Interval> intervals;
  for (const topic::Tail& tail : tails) {
    if (tail.end.value > 0) place.fresh = false;
    std::string_view last;  // neighbours often carry the same
    for (const topic::Tail::Entry& record : tail.records) {
      const auto raw = record.header(kHeaderEventId);
      if (const auto id = raw ? EventId::from_raw(*raw) : std::nullopt) place.seen.push_back(*id);
      const auto header = record.header(kHeaderInterval);
      if (!header || *header == last) continue;
      last = *header;
      if (auto interval = source::Interval::decode(*header)) intervals.push_back(*std::move(interval));
    }
  }
  if (own && !place.fresh) intervals.push_back(*own);
  place.known = source::first_united(intervals);
  return place;
}

}  // namespace wikiflow::pipeline
