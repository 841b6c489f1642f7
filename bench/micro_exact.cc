// What exactly-once costs, piece by piece: a record through the dedupe window, and a store of a million users
// written and opened. Each reports items a second: records or users.

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/scratch_dir.h"
#include "measure.h"
#include "pipeline/dedupe.h"
#include "store/rocksdb/rocksdb_store.h"

namespace {

using namespace wikiflow;

constexpr std::size_t kPartitions = 6;
constexpr std::uint32_t kIds = 393'216 / kPartitions;

std::vector<EventId> random_ids(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<EventId> ids(count);
  for (EventId& id : ids) {
    const std::array halves{random(), random()};
    std::memcpy(id.bytes.data(), halves.data(), id.bytes.size());
  }
  return ids;
}

// All partitions by turns, in batches, windows full: none fits into the caches.
void dedupe_take(benchmark::State& state) {
  const auto ids = random_ids(4'000'000);
  std::array<std::unique_ptr<pipeline::DedupeWindow>, kPartitions> windows;
  const double before = bench::rss_mb();
  for (auto& window : windows) window = std::make_unique<pipeline::DedupeWindow>(kIds);
  std::array<std::int64_t, kPartitions> offsets{};
  std::size_t at = 0;
  constexpr std::size_t kBatch = 1'000;
  const auto batch = [&](std::size_t partition) {
    for (std::size_t i = 0; i < kBatch; ++i, at = (at + 1) % ids.size()) {
      benchmark::DoNotOptimize(windows.at(partition)->take(Offset{offsets.at(partition)++}, ids[at]));
    }
  };
  for (std::size_t i = 0; i < 400; ++i) batch(i % kPartitions);
  state.counters["bytes_per_id"] = (bench::rss_mb() - before) * 1e6 / (kIds * kPartitions);
  std::size_t turn = 0;
  for (auto _ : state) batch(turn++ % kPartitions);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(dedupe_take);

store::Identity identity() { return {.topic = "t", .generation = "g", .partitions = 6}; }

void rocksdb_write_and_open(benchmark::State& state) {
  const auto users = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < users; ++i) names.push_back("Wikignome " + std::to_string(i));
  const ScratchDir dir;
  const auto seconds = [](auto from) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  {
    store::RocksdbStore store(*rocks::Database::open(dir.path(), {}));
    if (!store.open(identity())) return state.SkipWithError("cannot open");
    std::vector<store::Item> items;
    std::int64_t next = 0;
    for (const auto& name : names) items.push_back({Offset{next++}, {"en.wikipedia.org", name}});
    (void)store.add(Partition{0}, items, {.next = Offset{next}, .counted = users});
    const auto begin = std::chrono::steady_clock::now();
    if (!store.flush(std::chrono::seconds(60))) return state.SkipWithError("cannot flush");
    state.counters["flush_s"] = seconds(begin);
  }
  for (auto _ : state) {
    store::RocksdbStore store(*rocks::Database::open(dir.path(), {}));
    if (!store.open(identity()) || store.size().users != users) return state.SkipWithError("cannot open");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(users));
}
BENCHMARK(rocksdb_write_and_open)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
