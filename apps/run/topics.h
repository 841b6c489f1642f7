// Opening a topic: ensured first, so that a missing one is made or clearly named.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <vector>

#include "base/backoff.h"
#include "base/result.h"
#include "base/time.h"
#include "config/programs.h"
#include "topic/topic.h"

namespace wikiflow::app {

// One try each; warnings are logged. Errors: as Broker::ensure().
Result<topic::TopicState> ensure_topic(topic::Broker& broker, const topic::TopicSpec& spec);
Result<std::unique_ptr<topic::Writer>> open_writer(topic::Broker& broker, const topic::TopicSpec& spec);

// The ends of the topic's partitions, for pipeline::Ingest: so many records that a resume finds among them
// what was in flight when a producer ended, and what the margin brings again. One try.
Result<std::vector<topic::Tail>> read_tails(topic::Broker& broker, const topic::TopicSpec& spec);

// Tries for as long as the broker is away, `give_up_after` at most (nullopt: for ever). Nothing when `stop`
// was requested. One line is logged when the reason changes.
Result<std::optional<topic::TopicState>> ensure_patiently(
    topic::Broker& broker, const topic::TopicSpec& spec,
    std::optional<std::chrono::milliseconds> give_up_after, Clock& clock, std::stop_token stop);

// The waits between tries of anything of a broker's, or of the store's.
Backoff patient_backoff(const Clock& clock);

// For --check: says how the topic and the one for its dead letters are, makes none. The latter may be missing
// where it would be made.
Result<void> check_topics(topic::Broker& broker, const config::TopicSettings& topic, std::ostream& out);

}  // namespace wikiflow::app
