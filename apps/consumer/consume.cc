#include "consumer/consume.h"

#include "base/log.h"
#include "rocks/database.h"
#include "run/counting.h"
#include "run/options.h"
#include "run/progress.h"
#include "run/report.h"
#include "run/serving.h"
#include "run/topics.h"
#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr double kNearEnoughRecords = 1'000;

Result<std::unique_ptr<store::CountStore>> open_store(const config::ConsumerSettings& settings) {
  if (settings.storage == "memory") return std::make_unique<store::MemoryStore>();
  auto database = rocks::Database::open(settings.state_dir, {});
  if (!database) return tl::make_unexpected(database.error());
  return std::make_unique<store::RocksdbStore>(*std::move(database));
}

}  // namespace

ExitCode consume(const config::ConsumerSettings& settings, const Factories& factories, std::stop_token stop,
                 std::ostream& out, bool terminal) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());

  const topic::TopicSpec spec = topic_spec(settings.topic);
  auto store = open_store(settings);
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
                        std::ostream& out) {
  Metrics metrics;
  auto broker = factories.kafka(kafka_options(settings.broker, "wikiflow-consumer"), metrics);
  if (!broker) return report(broker.error());
  out << "settings: ok\n";
  if (offline) return ExitCode::ok;
  return check_topics(**broker, settings.topic, out) ? ExitCode::ok : ExitCode::unavailable;
}

}  // namespace wikiflow::app
