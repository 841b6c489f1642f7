// Where a producer goes on, as the topic itself says: the topic is the producer's only checkpoint.
//
// Every record carries what was known to be in the topic when it was sent (source/interval.h), so the ends of
// the partitions are enough to find out how far the source is in the topic without a hole, and which events
// beyond that are there already. What is read again beyond the ends is a repeat for the consumer to drop:
// that is its guarantee, dropping here only spares it work.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "event/event_id.h"
#include "source/interval.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

struct Place {
  std::optional<source::Interval> known;  // go on at its end; nothing: no record in reach says anything
  std::vector<EventId> seen;              // the ids of all records in reach
  bool fresh = true;                      // the topic has never held a record
};

// `own`: what this process knows by itself, if it has been at it before.
Place find_place(std::span<const topic::Tail> tails, const std::optional<source::Interval>& own);

}  // namespace wikiflow::pipeline
