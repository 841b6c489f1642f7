// The dead-letter topic of a program that writes to it.

#pragma once

#include <memory>

#include "base/metrics.h"
#include "pipeline/dead_letters.h"
#include "topic/topic.h"

namespace wikiflow::app {

// What could not be counted goes to the topic of `spec`, which is ensured before the first letter is written.
// Broker, clock and metrics outlive the object.
std::unique_ptr<pipeline::DeadLetters> open_dead_letters(topic::Broker& broker, const topic::TopicSpec& spec,
                                                         Clock& clock, Metrics& metrics);

}  // namespace wikiflow::app
