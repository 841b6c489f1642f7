// The topic's id in the cluster, which changes when the topic is deleted and made again.

#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace wikiflow::topic::kafka {

// kUnknownGeneration from brokers that give no id, or not to this client. Asked for until `until`, since a
// new topic is known to all brokers only after a moment. Errors: transient when no broker answers, or none
// knows the topic. Threads: any.
Result<std::string> generation_of(rd_kafka_t* client, const std::string& topic, SteadyTime until);

}  // namespace wikiflow::topic::kafka
