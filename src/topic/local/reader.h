// A reader of the local log.

#pragma once

#include <memory>

#include "base/metrics.h"
#include "base/time.h"
#include "topic/local/commits.h"
#include "topic/local/log.h"

namespace wikiflow::topic::local {

std::unique_ptr<Reader> make_reader(Log& log, Commits& commits, const ReaderOptions& options,
                                    Metrics& metrics, Clock& clock);

}  // namespace wikiflow::topic::local
