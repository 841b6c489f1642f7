// For how long a full /stats of a million users can hold up counting, and what a user costs in memory.
//
// One thread adds batches at a rate, as the tally does; another renders full answers all the time.

#include <CLI/CLI.hpp>
#include <atomic>
#include <thread>

#include "kafka.h"
#include "measure.h"
#include "serve/stats.h"
#include "store/memory/memory_store.h"
#include "workload.h"

namespace {

using namespace wikiflow;
using namespace wikiflow::bench;

constexpr std::size_t kBatch = 4096;
constexpr Partition kPartition{0};

struct Names {
  std::vector<std::string> users;
  std::vector<std::string> domains;
};

Names names(std::size_t users) {
  Names made;
  for (std::size_t i = 0; i < users; ++i) made.users.push_back("Wikignome " + std::to_string(i));
  for (std::size_t i = 0; i < kDomains; ++i)
    made.domains.push_back("l" + std::to_string(i) + ".wikipedia.org");
  return made;
}

class Adder {
 public:
  Adder(store::CountStore& store, const Names& names)
      : store_(store), names_(names), user_(names.users.size()) {}

  // Each user once.
  void fill() {
    for (std::size_t i = 0; i < names_.users.size();) {
      items_.clear();
      for (; i < names_.users.size() && items_.size() < kBatch; ++i) take(i, i % names_.domains.size());
      add();
    }
  }

  void draw_batch() {
    items_.clear();
    while (items_.size() < kBatch) take(user_(random_), random_() % names_.domains.size());
  }

  void add() {
    if (!store_.add(kPartition, items_, {.next = next_})) die("the store refuses a batch");
  }

 private:
  void take(std::size_t user, std::size_t domain) {
    items_.push_back({next_, {names_.domains[domain], names_.users[user]}});
    ++next_.value;
  }

  store::CountStore& store_;
  const Names& names_;
  Zipf user_;
  std::mt19937_64 random_{1};
  std::vector<store::Item> items_;
  Offset next_;
};

struct Held {
  double longest_ms = 0;
  double mean_ms = 0;
  double records_per_s = 0;
};

Held add_for(Adder& adder, double rate, double seconds) {
  Held held;
  double sum_ms = 0;
  std::uint64_t batches = 0;
  const Meter meter;
  auto due = std::chrono::steady_clock::now();
  while (meter.wall_s() < seconds) {
    adder.draw_batch();
    due += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * kBatch / rate));
    std::this_thread::sleep_until(due);
    const auto begin = steady_ns();
    adder.add();
    const double ms = static_cast<double>(steady_ns() - begin) / 1e6;
    held.longest_ms = std::max(held.longest_ms, ms);
    sum_ms += ms;
    ++batches;
  }
  held.mean_ms = sum_ms / static_cast<double>(batches);
  held.records_per_s = static_cast<double>(batches * kBatch) / meter.wall_s();
  return held;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t users = 1'000'000;
  double rate = 500'000;
  double seconds = 10;
  CLI::App app("How long rendering holds up counting");
  app.add_option("--users", users, "distinct")->capture_default_str();
  app.add_option("--rate", rate, "records a second")->capture_default_str();
  app.add_option("--seconds", seconds, "how long")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const Names all = names(users);
  store::MemoryStore store;
  Adder adder(store, all);
  const double before_mb = rss_mb();
  adder.fill();
  const double filled_mb = rss_mb();

  std::atomic<std::uint64_t> renderings{0};
  std::atomic<std::size_t> bytes{0};
  std::jthread renderer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      bytes = serve::render_stats(store.view().totals, std::nullopt).size();
      ++renderings;
    }
  });
  const Held held = add_for(adder, rate, seconds);
  renderer.request_stop();
  renderer.join();
  print_result({{"longest_add_ms", held.longest_ms},
                {"mean_add_ms", held.mean_ms},
                {"records_per_s", held.records_per_s},
                {"renderings", static_cast<double>(renderings.load())},
                {"stats_bytes", static_cast<double>(bytes.load())},
                {"bytes_per_user", (filled_mb - before_mb) * 1e6 / static_cast<double>(users)},
                {"peak_rss_mb", peak_rss_mb()}});
  return 0;
}
