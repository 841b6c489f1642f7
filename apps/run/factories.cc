#include "run/factories.h"

namespace wikiflow::app {

Factories Factories::real() {
  return {
      .kafka = topic::kafka::connect,
      .stream = [](const sse::ClientOptions& options, Metrics& metrics,
                   Clock& time) { return std::make_unique<sse::Client>(options, metrics, time); },
      .clock = system_clock(),
  };
}

}  // namespace wikiflow::app
