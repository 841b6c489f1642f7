#include "consumer/consume.h"

#include "base/log.h"
#include "run/counting.h"
#include "run/options.h"
#include "run/progress.h"
#include "run/report.h"
#include "run/serving.h"
#include "run/topics.h"
#include "store/memory/memory_store.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr double kNearEnoughRecords = 1'000;

}  // namespace

ExitCode consume(const config::ConsumerSettings& settings, const Factories& factories, std::stop_token stop,
                 std::ostream& out, bool terminal) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());

  const topic::TopicSpec spec = topic_spec(settings.topic);
  const topic::ReaderOptions reading{.group = settings.group,
                                     .batches_in_work = settings.max_concurrent_fetches};
  Counting counting([&] { return open_reader(**broker, spec, reading); },
                    std::make_unique<store::MemoryStore>(), {.workers = settings.max_concurrent_fetches},
                    factories.clock, metrics);
  auto serving = Serving::start(settings.http_addr, "consumer", counting.dependencies(),
                                {counting.stats_route()}, metrics);
  if (!serving) return report(serving.error());
  log_info("run", "consumer started",
           {{"http", (*serving)->url()}, {"topic", spec.name}, {"storage", settings.storage}});

  counting.start();
  Progress progress(out, terminal, "records", kNearEnoughRecords);
  const EitherStop either(stop, counting.finished());
  const auto verdict =
      Supervisor(counting.outside(), settings.give_up_after, factories.clock).run(either.token(), [&] {
        progress.tick(factories.clock.steady(), counting.counted(), counting.records_behind());
      });
  (*serving)->stopping();
  const auto result = counting.stop();
  (*serving)->stop();
  if (verdict) return report({ErrorKind::transient, *verdict});
  if (!result) return report(result.error());
  log_info("run", "consumer stopped", {{"changes", std::to_string(counting.counted())}});
  return ExitCode::ok;
}

ExitCode check_consumer(const config::ConsumerSettings& settings, bool offline, const Factories& factories,
                        std::ostream& out) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());
  out << "settings: ok\n";
  if (offline) return ExitCode::ok;
  return check_topic(**broker, topic_spec(settings.topic), out) ? ExitCode::ok : ExitCode::unavailable;
}

}  // namespace wikiflow::app
