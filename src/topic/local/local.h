// A durable log inside this process: the topics of topic.h on RocksDB, for one command on a laptop.
//
// A record is acknowledged when it is in the write-ahead log: it survives the death of this process, and with
// `sync` also that of the machine. Records wait for nothing but the group that is being written before them.
//
// Retention removes whole chunks in the background, by age (TopicSpec::retention) and by size
// (retention_bytes); the partition's beginning moves with it. A reader whose position is gone fails, as on
// any topic.
//
// The database can be shared: open it with Database::open() and pass it to both the log and a store.
//
// Threads: any. Each writer owns one, and the broker one for retention and commits.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/metrics.h"
#include "base/time.h"
#include "rocks/database.h"
#include "topic/topic.h"

namespace wikiflow::topic::local {

using rocks::Database;
using rocks::DatabaseOptions;

struct LocalOptions {
  bool sync = false;                           // wait for the disk before acknowledging
  std::size_t max_in_flight_records = 16'384;  // taken and not yet written
  std::size_t max_in_flight_bytes = 16U << 20U;
  std::size_t max_record_bytes = 900'000;                // key and value; a larger one is bad_input
  std::uint64_t retention_bytes = 4ULL << 30U;           // of each topic, as it lies on disk; 0: no bound
  std::chrono::milliseconds retention_interval{10'000};  // how often retention looks
};

// `metrics` and `clock` outlive the broker.
Result<std::unique_ptr<Broker>> open(const std::filesystem::path& dir, const DatabaseOptions& database,
                                     const LocalOptions& options, Metrics& metrics, Clock& clock);
Result<std::unique_ptr<Broker>> open(std::shared_ptr<Database> database, const LocalOptions& options,
                                     Metrics& metrics, Clock& clock);

}  // namespace wikiflow::topic::local
