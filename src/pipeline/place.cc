#include "pipeline/place.h"

#include <string_view>

#include "event/record_header.h"

namespace wikiflow::pipeline {

Place find_place(std::span<const topic::Tail> tails, const std::optional<source::Interval>& own) {
  Place place;
  std::vector<source::Interval> intervals;
  for (const topic::Tail& tail : tails) {
    if (tail.end.value > 0) place.fresh = false;
    std::string_view last;  // neighbours often carry the same
    for (const topic::Tail::Entry& record : tail.records) {
      const auto bytes = record.header(kRecordHeader);
      const auto header = bytes ? RecordHeader::decode(*bytes) : std::nullopt;
      if (!header) continue;
      place.seen.push_back(header->id);
      if (header->interval.empty() || header->interval == last) continue;
      last = header->interval;
      if (auto interval = source::Interval::decode(last)) intervals.push_back(*std::move(interval));
    }
  }
  if (own && !place.fresh) intervals.push_back(*own);
  place.known = source::first_united(intervals);
  return place;
}

}  // namespace wikiflow::pipeline
