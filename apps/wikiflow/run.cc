#include "wikiflow/run.h"

#include <memory>

#include "base/log.h"
#include "run/counting.h"
#include "run/dead_letters.h"
#include "run/ingestion.h"
#include "run/options.h"
#include "run/probe.h"
#include "run/progress.h"
#include "run/report.h"
#include "run/serving.h"
#include "run/topics.h"
#include "sim/sample.h"
#include "sim/simulator.h"
#include "store/memory/memory_store.h"
#include "store/rocksdb/rocksdb_store.h"
#include "topic/local/local.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr double kNearEnoughRecords = 1'000;
constexpr auto kSampleStateSuffix = "-sample";

// Where the events come from, decided once at start.
struct Origin {
  std::string url;
  std::string name = "live";
  std::string state_dir;
  Millis start{};
  std::string why_sample;                     // empty: not the sample
  std::unique_ptr<sim::Simulator> simulator;  // of the sample
};

Result<Origin> sample(const config::WikiflowSettings& settings, const RunOptions& options,
                      const std::string& why, Clock& clock, Metrics& metrics) {
  sim::SimOptions sim;
  sim.listen = "127.0.0.1:0";
  sim.events_text = sim::bundled_sample();
  sim.loop = true;
  sim.rate = options.sample_rate;
  sim.start_time = clock.now();
  sim.history = 0;
  // Another start's changes are others, or they would be taken for repeats of those that are counted.
  sim.first_round = static_cast<std::uint64_t>(unix_ms(clock.now()));
  auto simulator = sim::Simulator::start(sim, metrics);
  if (!simulator) return tl::make_unexpected(simulator.error());
  Origin origin;
  origin.url = (*simulator)->url();
  origin.name = "sample";
  origin.state_dir = settings.state_dir + kSampleStateSuffix;
  origin.start = from_unix_ms(1);
  origin.why_sample = why;
  origin.simulator = *std::move(simulator);
  return origin;
}

Result<Origin> find_origin(const config::WikiflowSettings& settings, const RunOptions& options,
                           const Factories& factories, Metrics& metrics) {
  const Millis start = start_time(settings.source.from, factories.clock.now());
  // Metrics of its own: a failed try is not a failure of the stream that is then used.
  Metrics unused;
  const auto stream =
      factories.stream(stream_options(settings.source, settings.source.url, start), unused, factories.clock);
  const auto reachable = probe(*stream, options.probe_limit);
  if (!reachable) {
    return sample(settings, options, reachable.error().what, factories.clock, metrics);
  }
  return Origin{.url = settings.source.url,
                .name = source_name(settings.source.url),
                .state_dir = settings.state_dir,
                .start = start,
                .why_sample = {},
                .simulator = nullptr};
}

void tell(const Origin& origin, const std::string& url, std::ostream& out) {
  if (origin.why_sample.empty()) {
    out << "wikiflow: live numbers at " << url << "/stats\n" << std::flush;
    return;
  }
  out << "wikiflow: THE LIVE STREAM CANNOT BE REACHED: these are bundled changes, over and over, not live "
         "data.\n"
      << "          why: " << origin.why_sample << '\n'
      << "wikiflow: sample numbers at " << url << "/stats\n"
      << std::flush;
}

}  // namespace

ExitCode run_all(const config::WikiflowSettings& settings, const RunOptions& options,
                 const Factories& factories, std::stop_token stop, std::ostream& out) {
  Metrics metrics;
  const auto origin = find_origin(settings, options, factories, metrics);
  if (!origin) return report(origin.error());
  const auto database = rocks::Database::open(origin->state_dir, {});
  if (!database) return report(database.error());
  const auto broker = topic::local::open(*database, {}, metrics, factories.clock);
  if (!broker) return report(broker.error());
  std::unique_ptr<store::CountStore> store = std::make_unique<store::MemoryStore>();
  if (settings.storage != "memory") store = std::make_unique<store::RocksdbStore>(*database);

  const topic::TopicSpec spec = topic_spec(settings.topic);
  const topic::TopicSpec letters_spec = dead_letter_spec(settings.topic);
  const auto letters = open_dead_letters(**broker, letters_spec, factories.clock, metrics);
  Counting counting(**broker, std::move(store),
                    {.topic = spec,
                     .dead_letters = letters_spec,
                     .group = "wikiflow",
                     .max_concurrent_fetches = settings.max_concurrent_fetches,
                     .dedupe_window = settings.dedupe_window},
                    factories.clock, metrics);
  // The sample begins anew at each start: there is no position in it to come back to.
  pipeline::IngestOptions ingest{
      .source_name = origin->name, .dead_letters = letters.get(), .topic = spec.name};
  if (origin->why_sample.empty()) ingest.tails = [&] { return read_tails(**broker, spec); };
  Ingestion ingestion(
      factories.stream(stream_options(settings.source, origin->url, origin->start), metrics, factories.clock),
      source_options(origin->start), [&] { return open_writer(**broker, spec); }, ingest, factories.clock,
      metrics);

  std::vector<Dependency> dependencies = counting.dependencies();
  const std::vector<Dependency> outside = ingestion.dependencies();
  dependencies.push_back(outside.front());  // the stream; the log is the same one
  auto serving =
      Serving::start(settings.http_addr, "wikiflow", dependencies, {counting.stats_route()}, metrics);
  if (!serving) return report(serving.error());
  if (!origin->why_sample.empty()) {
    (*serving)->remark("data", "the bundled sample, not live data: " + origin->why_sample);
  }
  counting.start();
  ingestion.start();
  tell(*origin, (*serving)->url(), out);

  Progress progress(out, options.terminal, "records", kNearEnoughRecords);
  const EitherStop either(stop, counting.finished());
  const auto verdict = Supervisor(outside, settings.give_up_after, factories.clock).run(either.token(), [&] {
    progress.tick(factories.clock.steady(), counting.counted(), counting.records_behind());
  });
  (*serving)->stopping();
  const auto read = ingestion.stop();
  const auto counted = counting.stop();
  (*serving)->stop();
  if (verdict) return report({ErrorKind::transient, *verdict});
  if (!read) return report(read.error());
  if (!counted) return report(counted.error());
  return ExitCode::ok;
}

}  // namespace wikiflow::app
