// From settings to the options of the parts.

#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "config/programs.h"
#include "source/source.h"
#include "sse/client.h"
#include "topic/kafka/kafka.h"
#include "topic/topic.h"

namespace wikiflow::app {

topic::kafka::KafkaOptions kafka_options(const config::BrokerSettings& broker, const std::string& client_id);
topic::TopicSpec topic_spec(const config::TopicSettings& topic);
// One partition: there is little in it, and it is listed in its order.
topic::TopicSpec dead_letter_spec(const config::TopicSettings& topic);

// What the first connection asks for, as a time: FROM=latest means now, not "whenever the connection is
// made", so that nothing is passed over while the source cannot be reached.
Millis start_time(const config::From& from, Millis now);

// `url`, asking to begin at `start`.
std::string since(const std::string& url, Millis start);

// `url` in place of the settings' own.
sse::ClientOptions stream_options(const config::SourceSettings& source, const std::string& url, Millis start);
source::SourceOptions source_options(Millis start);

// What the record's source header says of events from `url`: "live" for Wikimedia's own, else "simulator".
std::string source_name(std::string_view url);

}  // namespace wikiflow::app
