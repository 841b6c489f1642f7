// The end of a partition of the local log, for Broker::tails().

#pragma once

#include "topic/local/log.h"
#include "topic/topic.h"

namespace wikiflow::topic::local {

// Its last `records` records, as of now. Errors: fatal when the log is damaged; transient when retention
// removed what was being read.
Result<Tail> read_tail(const Log& log, Partition partition, std::size_t records);

}  // namespace wikiflow::topic::local
