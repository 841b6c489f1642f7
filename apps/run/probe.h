// One try at a stream: is it there?

#pragma once

#include <chrono>

#include "base/result.h"
#include "sse/stream.h"

namespace wikiflow::app {

// Connects once and closes again. Error: transient, with the reason and the way out, when the first try fails
// or takes longer than `limit`. Blocks for at most `limit`.
Result<void> probe(sse::Stream& stream, std::chrono::milliseconds limit);

}  // namespace wikiflow::app
