#include "topic/local/writer.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "base/log.h"
#include "topic/partition_hash.h"

namespace wikiflow::topic::local {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;  // a reader holds whole chunks, so they are kept moderate
constexpr std::int64_t kChunkRecords = 4096;
constexpr std::chrono::seconds kLastFlush{1};

// What waits to be written.
struct Pending {
  std::vector<NewChunk> chunks;
  std::vector<int> open;  // by partition: the chunk that records are added to, or -1
  std::size_t records = 0;
  std::size_t bytes = 0;

  explicit Pending(int partitions) : open(static_cast<std::size_t>(partitions), -1) {}

  void add(Partition partition, Millis time, const OutRecord& record) {
    int& index = open[static_cast<std::size_t>(partition.number)];
    if (index < 0 || full(chunks[static_cast<std::size_t>(index)])) {
      index = static_cast<int>(chunks.size());
      chunks.push_back({partition, {}, 0});
    }
    NewChunk& chunk = chunks[static_cast<std::size_t>(index)];
    const std::size_t before = chunk.bytes.size();
    append_record(time, record, chunk.bytes);
    ++chunk.records;
    ++records;
    bytes += chunk.bytes.size() - before;
  }
  void clear() {
    chunks.clear();
    std::fill(open.begin(), open.end(), -1);
    records = bytes = 0;
  }
  static bool full(const NewChunk& chunk) {
    return chunk.bytes.size() >= kChunkBytes || chunk.records >= kChunkRecords;
  }
};

class LocalWriter final : public Writer {
 public:
  LocalWriter(Log& log, const LocalOptions& options, Metrics& metrics, Clock& clock)
      : log_(log),
        options_(options),
        clock_(clock),
        in_flight_(
            metrics.gauge("wikiflow_topic_in_flight_records",
                          "Records sent and not yet acknowledged; at the limit the source is not read. When "
                          "it stays there, the broker is away or slow.",
                          {{"topic", log.name()}})),
        gathering_(log.entry().partitions),
        writing_(log.entry().partitions) {
    metrics
        .gauge("wikiflow_topic_in_flight_records_limit", "The bound of wikiflow_topic_in_flight_records.",
               {{"topic", log.name()}})
        .Set(static_cast<double>(options.max_in_flight_records));
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    pthread_setname_np(thread_.native_handle(), "topic-writer");
  }

  ~LocalWriter() override {
    static_cast<void>(flush(kLastFlush));
    thread_.request_stop();
    thread_.join();
  }

  Result<void> send(const OutRecord& record, std::stop_token stop) override {
    const std::size_t size = record.key.size() + record.value.size();
    if (size > options_.max_record_bytes) {
      return bad_input("a record of " + std::to_string(size) + " bytes for topic '" + log_.name() +
                       "' is larger than the " + std::to_string(options_.max_record_bytes) +
                       " that are allowed");
    }
    std::unique_lock lock(mutex_);
    const auto room = [this] {
      return failure_ || (gathering_.records + writing_.records < options_.max_in_flight_records &&
                          gathering_.bytes + writing_.bytes < options_.max_in_flight_bytes);
    };
    if (!room() && !written_.wait(lock, stop, room)) {
      return transient("stopped while topic '" + log_.name() + "' took no more records");
    }
    if (failure_) return fatal(*failure_);
    gathering_.add(partition_for(record.key), clock_.now(), record);
    ++taken_;
    if (gathering_.records == 1) something_.notify_one();
    return {};
  }

  Result<void> flush(std::chrono::milliseconds limit) override {
    std::unique_lock lock(mutex_);
    const bool done = written_.wait_for(lock, limit, [this] { return failure_ || acknowledged_ == taken_; });
    if (failure_) return fatal(*failure_);
    if (!done) return transient("the disk did not take all records for topic '" + log_.name() + "' in time");
    return {};
  }

  std::uint64_t acknowledged() const override { return acknowledged_; }
  std::uint64_t refused() const override { return 0; }
  std::optional<std::string> trouble() const override {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  Partition partition_for(std::string_view key) {
    const int partitions = log_.entry().partitions;
    if (!key.empty()) return partition_of(key, partitions);
    keyless_ = (keyless_ + 1) % partitions;
    return {keyless_};
  }

  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (something_.wait(lock, stop, [this] { return gathering_.records > 0; }) && !failure_) {
      std::swap(gathering_, writing_);
      lock.unlock();
      const auto done = log_.append(writing_.chunks, options_.sync);
      lock.lock();
      if (done) {
        acknowledged_ += writing_.records;
      } else {
        failure_ = done.error().what;
        log_error("topic", "the local log failed", {{"topic", log_.name()}, {"cause", *failure_}});
      }
      writing_.clear();
      in_flight_.Set(static_cast<double>(gathering_.records));
      written_.notify_all();
    }
  }

  Log& log_;
  const LocalOptions options_;
  Clock& clock_;
  prometheus::Gauge& in_flight_;

  mutable std::mutex mutex_;
  std::condition_variable_any something_;  // to be written
  std::condition_variable_any written_;
  Pending gathering_;
  Pending writing_;  // the thread's, but for its counts
  std::uint64_t taken_ = 0;
  std::int32_t keyless_ = 0;
  std::optional<std::string> failure_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<Writer> make_writer(Log& log, const LocalOptions& options, Metrics& metrics, Clock& clock) {
  return std::make_unique<LocalWriter>(log, options, metrics, clock);
}

}  // namespace wikiflow::topic::local
