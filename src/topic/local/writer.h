// A writer of the local log: encodes records into chunks as they come, and writes what has gathered as one
// group as soon as the last group is written.

#pragma once

#include <memory>

#include "base/metrics.h"
#include "base/time.h"
#include "topic/local/local.h"
#include "topic/local/log.h"

namespace wikiflow::topic::local {

std::unique_ptr<Writer> make_writer(Log& log, const LocalOptions& options, Metrics& metrics, Clock& clock);

}  // namespace wikiflow::topic::local
