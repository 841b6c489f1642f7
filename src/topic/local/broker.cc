#include "topic/local/broker.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "topic/local/reader.h"
#include "topic/local/tail.h"
#include "topic/local/writer.h"

namespace wikiflow::topic::local {
namespace {

constexpr std::chrono::seconds kCommitInterval{1};

}  // namespace

Result<std::unique_ptr<LocalBroker>> LocalBroker::open(std::shared_ptr<Database> database,
                                                       const LocalOptions& options, Metrics& metrics,
                                                       Clock& clock) {
  auto topics = Topics::open(database);
  if (!topics) return tl::make_unexpected(topics.error());
  std::unique_ptr<LocalBroker> broker(
      new LocalBroker(std::move(database), std::move(*topics), options, metrics, clock));
  broker->thread_ = std::jthread([raw = broker.get()](const std::stop_token& stop) { raw->run(stop); });
  pthread_setname_np(broker->thread_.native_handle(), "topic-keeper");
  return broker;
}

LocalBroker::LocalBroker(std::shared_ptr<Database> database, std::unique_ptr<Topics> topics,
                         const LocalOptions& options, Metrics& metrics, Clock& clock)
    : options_(options),
      metrics_(metrics),
      clock_(clock),
      topics_(std::move(topics)),
      commits_(std::move(database)) {}

LocalBroker::~LocalBroker() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  static_cast<void>(commits_.save());
}

void LocalBroker::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  auto last = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    never.wait_for(lock, stop,
                   std::min<std::chrono::milliseconds>(kCommitInterval, options_.retention_interval),
                   [] { return false; });
    if (auto saved = commits_.save(); !saved) log_warn("topic", saved.error().what);
    const auto now = std::chrono::steady_clock::now();
    if (stop.stop_requested() || now - last < options_.retention_interval) continue;
    last = now;
    enforce_retention();
  }
}

void LocalBroker::enforce_retention() {
  for (Log* log : topics_->all()) {
    const auto removed = log->expire(clock_.now(), options_.retention_bytes);
    if (!removed)
      log_warn("topic", "retention failed", {{"topic", log->name()}, {"cause", removed.error().what}});
    metrics_
        .gauge("wikiflow_local_log_bytes",
               "Size of the embedded log, at most retention_bytes and what arrives between two rounds of "
               "retention.",
               {{"topic", log->name()}})
        .Set(static_cast<double>(log->bytes()));
  }
}

Result<TopicState> LocalBroker::ensure(const TopicSpec& spec, std::chrono::milliseconds /*limit*/) {
  TopicState state;
  Log* log = topics_->find(spec.name);
  if (log == nullptr) {
    if (!spec.create) return tl::make_unexpected(existing(spec.name).error());
    auto made = topics_->create(spec);
    if (!made) return tl::make_unexpected(made.error());
    log = *made;
    state.created = true;
  }
  state.partitions = log->entry().partitions;
  state.generation = log->entry().generation;
  if (state.partitions != spec.partitions) {
    state.warnings.push_back("topic '" + spec.name + "' has " + std::to_string(state.partitions) +
                             " partitions, not " + std::to_string(spec.partitions));
  }
  if (log->entry().retention != spec.retention) {
    state.warnings.push_back("topic '" + spec.name +
                             "' has retention.ms=" + std::to_string(log->entry().retention.count()) +
                             ", not " + std::to_string(spec.retention.count()));
  }
  return state;
}

Result<Log*> LocalBroker::existing(const std::string& topic) const {
  Log* log = topics_->find(topic);
  if (log == nullptr) return fatal("there is no topic '" + topic + "' in the local log; create it first");
  return log;
}

Result<std::unique_ptr<Writer>> LocalBroker::writer(const std::string& topic) {
  const auto log = existing(topic);
  if (!log) return tl::make_unexpected(log.error());
  return make_writer(**log, options_, metrics_, clock_);
}

Result<std::unique_ptr<Reader>> LocalBroker::reader(const std::string& topic, const ReaderOptions& options) {
  if (options.batches_in_work < 1 || options.max_batch_records < 1) {
    return bad_input("a reader needs at least one batch in work, of at least one record");
  }
  const auto log = existing(topic);
  if (!log) return tl::make_unexpected(log.error());
  return make_reader(**log, commits_, options, metrics_, clock_);
}

Result<std::vector<Tail>> LocalBroker::tails(const std::string& topic, std::size_t records_per_partition,
                                             std::chrono::milliseconds /*limit*/) {
  const auto log = existing(topic);
  if (!log) return tl::make_unexpected(log.error());
  std::vector<Tail> all;
  for (std::int32_t i = 0; i < (*log)->entry().partitions; ++i) {
    auto tail = read_tail(**log, {i}, records_per_partition);
    if (!tail) return tl::make_unexpected(tail.error());
    all.push_back(*std::move(tail));
  }
  return all;
}

Result<std::unique_ptr<Broker>> open(std::shared_ptr<Database> database, const LocalOptions& options,
                                     Metrics& metrics, Clock& clock) {
  return LocalBroker::open(std::move(database), options, metrics, clock);
}

Result<std::unique_ptr<Broker>> open(const std::filesystem::path& dir, const DatabaseOptions& database,
                                     const LocalOptions& options, Metrics& metrics, Clock& clock) {
  auto opened = Database::open(dir, database);
  if (!opened) return tl::make_unexpected(opened.error());
  return open(std::move(*opened), options, metrics, clock);
}

}  // namespace wikiflow::topic::local
