#include "run/topics.h"

#include <algorithm>

#include "base/log.h"
#include "run/options.h"

namespace wikiflow::app {
namespace {

constexpr std::string_view kTopic = "topic";
constexpr std::chrono::milliseconds kTryLimit{3'000};  // of one try; a stop cannot cut it short
// In flight are at most 16,384 (kafka.h, local.h); the source remembers 65,536 ids (source.h).
constexpr std::size_t kChangeTails = 32'768;
constexpr std::chrono::milliseconds kFirstWait{500};
constexpr std::chrono::milliseconds kLongestWait{10'000};

}  // namespace

Result<topic::TopicState> ensure_topic(topic::Broker& broker, const topic::TopicSpec& spec) {
  auto state = broker.ensure(spec, kTryLimit);
  if (!state) return state;
  if (state->created) log_info(kTopic, "created the topic", {{"topic", spec.name}});
  for (const std::string& warning : state->warnings) log_warn(kTopic, warning, {{"topic", spec.name}});
  return state;
}

Result<std::unique_ptr<topic::Writer>> open_writer(topic::Broker& broker, const topic::TopicSpec& spec) {
  return ensure_topic(broker, spec).and_then([&](const auto&) { return broker.writer(spec.name); });
}

Result<std::vector<topic::Tail>> read_tails(topic::Broker& broker, const topic::TopicSpec& spec) {
  return broker.ensure(spec, kTryLimit).and_then([&](const topic::TopicState& state) {
    const auto partitions = static_cast<std::size_t>(std::max(state.partitions, 1));
    return broker.tails(spec.name, std::max<std::size_t>(kChangeTails / partitions, 1), kTryLimit);
  });
}

Backoff patient_backoff(const Clock& clock) {
  return {kFirstWait, kLongestWait, static_cast<std::uint64_t>(unix_ms(clock.now()))};
}

Result<std::optional<topic::TopicState>> ensure_patiently(
    topic::Broker& broker, const topic::TopicSpec& spec,
    std::optional<std::chrono::milliseconds> give_up_after, Clock& clock, std::stop_token stop) {
  Backoff backoff = patient_backoff(clock);
  const SteadyTime begin = clock.steady();
  std::string said;
  while (!stop.stop_requested()) {
    auto state = broker.ensure(spec, kTryLimit);
    if (state) return std::optional(*std::move(state));
    const Error& error = state.error();
    const bool late = give_up_after && clock.steady() - begin >= *give_up_after;
    if (error.kind != ErrorKind::transient || late) return tl::make_unexpected(error);
    if (error.what != said) log_warn(kTopic, "cannot reach the topic yet", {{"why", error.what}});
    said = error.what;
    clock.sleep(backoff.next(), stop);
  }
  return std::nullopt;
}

namespace {

Result<void> check_topic(topic::Broker& broker, topic::TopicSpec spec, std::ostream& out) {
  spec.create = false;
  const auto state = broker.ensure(spec, kTryLimit);
  if (!state) {
    out << "topic: " << state.error().what << '\n';
    return tl::make_unexpected(state.error());
  }
  out << "topic: ok, " << spec.name << " with " << state->partitions
      << (state->partitions == 1 ? " partition\n" : " partitions\n");
  for (const std::string& warning : state->warnings) out << "warning: " << warning << '\n';
  return {};
}

}  // namespace

Result<void> check_topics(topic::Broker& broker, const config::TopicSettings& topic, std::ostream& out) {
  if (auto checked = check_topic(broker, topic_spec(topic), out); !checked) return checked;
  const auto letters = check_topic(broker, dead_letter_spec(topic), out);
  return topic.create ? Result<void>() : letters;
}

}  // namespace wikiflow::app
