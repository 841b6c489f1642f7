#include "run/dead_letters.h"

#include "version.h"

namespace wikiflow::app {
namespace {

constexpr std::size_t kLetterTails = 16'384;  // whose letters are known at start, without their values
constexpr std::chrono::milliseconds kLetterLimit{3'000};

}  // namespace

std::unique_ptr<pipeline::DeadLetters> open_dead_letters(topic::Broker& broker, const topic::TopicSpec& spec,
                                                         Clock& clock, Metrics& metrics) {
  return std::make_unique<pipeline::DeadLetters>(
      // Tried again and again: what is to be said of the topic was said when the program began.
      [&broker, spec] {
        return broker.ensure(spec, kLetterLimit).and_then([&](const auto&) {
          return broker.writer(spec.name);
        });
      },
      [&broker, name = spec.name] { return broker.tails(name, kLetterTails, kLetterLimit); },
      pipeline::DeadLettersOptions{.by = "wikiflow " WIKIFLOW_VERSION}, clock, metrics);
}

}  // namespace wikiflow::app
