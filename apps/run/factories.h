// How the programs get at the world outside. A test beside each main gives fakes in their place.

#pragma once

#include <functional>
#include <memory>
#include <ostream>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "sse/client.h"
#include "sse/stream.h"
#include "topic/kafka/kafka.h"
#include "topic/topic.h"

namespace wikiflow::app {

struct Factories {
  std::function<Result<std::unique_ptr<topic::Broker>>(const topic::kafka::KafkaOptions&, Metrics&)> kafka;
  std::function<std::unique_ptr<sse::Stream>(const sse::ClientOptions&, Metrics&, Clock&)> stream;
  Clock& clock;

  // librdkafka, libcurl and the machine's clock.
  static Factories real();
};

}  // namespace wikiflow::app
