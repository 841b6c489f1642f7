// The metrics of a stream's client. Private to src/sse.

#pragma once

#include <array>

#include "base/log.h"
#include "base/metrics.h"
#include "sse/stream.h"

namespace wikiflow::sse {

struct Instruments {
  explicit Instruments(Metrics& metrics);

  prometheus::Counter& disconnected(Cause cause) { return *disconnects.at(static_cast<std::size_t>(cause)); }

  prometheus::Counter& bytes;
  prometheus::Counter& frames;
  prometheus::Counter& oversized;
  prometheus::Counter& errors;
  prometheus::Gauge& connected;
  prometheus::Gauge& last_byte;
  std::array<prometheus::Counter*, 7> disconnects{};  // one for each Cause
  LogLimit error_frames{std::chrono::seconds{10}};
};

}  // namespace wikiflow::sse
