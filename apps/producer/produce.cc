#include "producer/produce.h"

#include "base/log.h"
#include "producer/print_writer.h"
#include "run/dead_letters.h"
#include "run/ingestion.h"
#include "run/options.h"
#include "run/probe.h"
#include "run/progress.h"
#include "run/report.h"
#include "run/serving.h"
#include "run/topics.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr double kNearEnoughSeconds = 60;  // arrival is not in the order of time: up to 64 s late is seen
constexpr std::chrono::milliseconds kProbeLimit{15'000};

}  // namespace

ExitCode produce(const config::ProducerSettings& settings, const Factories& factories, std::stop_token stop,
                 std::ostream& out, bool terminal) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-producer"), metrics);
  if (!broker) return report(broker.error());

  const Millis start = start_time(settings.source.from, factories.clock.now());
  const topic::TopicSpec spec = topic_spec(settings.topic);
  const topic::TopicSpec letters_spec = dead_letter_spec(settings.topic);
  const auto letters = open_dead_letters(**broker, letters_spec, factories.clock, metrics);
  const auto open_both = [&] {
    return ensure_topic(**broker, letters_spec).and_then([&](const auto&) {
      return open_writer(**broker, spec);
    });
  };
  Ingestion ingestion(
      factories.stream(stream_options(settings.source, settings.source.url, start), metrics, factories.clock),
      source_options(start), open_both,
      {.tails = [&] { return read_tails(**broker, spec); },
       .source_name = source_name(settings.source.url),
       .dedupe_window = settings.dedupe_window,
       .dead_letters = letters.get(),
       .topic = spec.name},
      factories.clock, metrics);
  auto serving = Serving::start(settings.http_addr, "producer", ingestion.dependencies(), {}, metrics);
  if (!serving) return report(serving.error());
  log_info("run", "producer started",
           {{"http", (*serving)->url()}, {"topic", spec.name}, {"first_start_at", format_rfc3339(start)}});

  ingestion.start();
  Progress progress(out, terminal, "s of the stream", kNearEnoughSeconds);
  const EitherStop either(stop, ingestion.finished());
  const auto verdict =
      Supervisor(ingestion.dependencies(), settings.give_up_after, factories.clock).run(either.token(), [&] {
        progress.tick(factories.clock.steady(), ingestion.sent(), ingestion.seconds_behind());
      });
  (*serving)->stopping();
  const auto result = ingestion.stop();
  (*serving)->stop();
  if (verdict) return report({ErrorKind::transient, *verdict});
  if (!result) return report(result.error());
  log_info("run", "producer stopped", {{"records", std::to_string(ingestion.sent())}});
  return ExitCode::ok;
}

ExitCode print_records(const config::SourceSettings& settings, const Factories& factories,
                       std::stop_token stop, std::ostream& out) {
  Metrics metrics;
  const Millis start = start_time(settings.from, factories.clock.now());
  std::stop_source closed;
  Ingestion ingestion(
      factories.stream(stream_options(settings, settings.url, start), metrics, factories.clock),
      source_options(start), [&] { return open_print_writer(out, closed); },
      {.source_name = source_name(settings.url)}, factories.clock, metrics);
  ingestion.start();
  const EitherStop either(stop, closed.get_token());
  const EitherStop any(either.token(), ingestion.finished());
  Supervisor({}, std::nullopt, factories.clock).run(any.token(), [] {});
  const auto result = ingestion.stop();
  if (!result && !closed.stop_requested()) return report(result.error());
  return ExitCode::ok;
}

ExitCode check_producer(const config::ProducerSettings& settings, bool offline, const Factories& factories,
                        std::ostream& out) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-producer"), metrics);
  if (!broker) return report(broker.error());
  out << "settings: ok\n";
  if (offline) return ExitCode::ok;
  const Result<void> topic = check_topics(**broker, settings.topic, out);
  const auto stream = factories.stream(
      stream_options(settings.source, settings.source.url, factories.clock.now()), metrics, factories.clock);
  const Result<void> reachable = probe(*stream, kProbeLimit);
  out << "stream: " << (reachable ? "ok, " + config::mask_url(settings.source.url) : reachable.error().what)
      << '\n';
  return topic && reachable ? ExitCode::ok : ExitCode::unavailable;
}

ExitCode ensure_topic(const config::TopicEnsureSettings& settings, const Factories& factories,
                      std::stop_token stop, std::ostream& out) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-producer"), metrics);
  if (!broker) return report(broker.error());
  for (const topic::TopicSpec& spec : {topic_spec(settings.topic), dead_letter_spec(settings.topic)}) {
    const auto state = ensure_patiently(**broker, spec, settings.give_up_after, factories.clock, stop);
    if (!state) return report(state.error());
    if (!*state) return ExitCode::ok;  // stopped
    out << spec.name << ": " << ((*state)->created ? "created with " : "there, with ") << (*state)->partitions
        << ((*state)->partitions == 1 ? " partition\n" : " partitions\n");
    for (const std::string& warning : (*state)->warnings) out << "warning: " << warning << '\n';
  }
  return ExitCode::ok;
}

}  // namespace wikiflow::app
