#include "consumer/consume.h"

#include "base/log.h"
#include "consumer/stores.h"
#include "run/counting.h"
#include "run/options.h"
#include "run/progress.h"
#include "run/report.h"
#include "run/serving.h"
#include "run/topics.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr double kNearEnoughRecords = 1'000;

}  // namespace

ExitCode consume(const config::ConsumerSettings& settings, const Factories& factories,
                 const ConnectCassandra& cassandra, std::stop_token stop, std::ostream& out, bool terminal) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());

  const topic::TopicSpec spec = topic_spec(settings.topic);
  auto store = make_store(settings, cassandra, factories.clock, metrics, stop);
  if (!store) return report(store.error());
  Counting counting(**broker, *std::move(store),
                    {.topic = spec,
                     .dead_letters = dead_letter_spec(settings.topic),
                     .group = settings.group,
                     .max_concurrent_fetches = settings.max_concurrent_fetches,
                     .dedupe_window = settings.dedupe_window},
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
                        const ConnectCassandra& cassandra, std::ostream& out) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());
  out << "settings: ok\n";
  if (offline) return ExitCode::ok;
  if (!check_topics(**broker, settings.topic, out)) return ExitCode::unavailable;
  if (settings.storage != "cassandra") return ExitCode::ok;
  const auto session = cassandra(cassandra_options(settings.cassandra));
  if (!session) return report(session.error());
  out << "store: ok, keyspace '" << settings.cassandra.keyspace << "' of Cassandra at "
      << settings.cassandra.hosts << '\n';
  return ExitCode::ok;
}

}  // namespace wikiflow::app
