// The pipeline as it is, from a source to counts that last, through thousands of schedules drawn from seeds:
// kills, cuts, records late, twice or out of order, writes refused, lost or late, partitions that change
// hands. After each, every key of both maps must be what an independent count of the distinct events says.
//
//   WIKIFLOW_SIMULATION_SEED=17 pipeline_test --gtest_filter='Simulation.*'   runs that one alone
//   WIKIFLOW_SIMULATION_SEEDS=100000 ...                                      runs as many

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.h"
#include "pipeline/simulation/schedule_test.h"

namespace wikiflow::pipeline::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSlow = true;
#elif defined(__has_feature)
constexpr bool kSlow = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#elif !defined(NDEBUG)
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif
constexpr std::uint64_t kSchedules = kSlow ? 100 : 1'000;  // of each kind of store

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Simulation : public testing::Test {
 protected:
  // What goes wrong is made to go wrong here.
  void SetUp() override { log_setup(LogLevel::off, LogFormat::logfmt); }
  void TearDown() override { log_setup(LogLevel::info, LogFormat::logfmt); }

  static void run_all(StoreKind kind) {
    const std::uint64_t only = number_in("WIKIFLOW_SIMULATION_SEED", 0);
    const std::uint64_t last = only > 0 ? only : number_in("WIKIFLOW_SIMULATION_SEEDS", kSchedules);
    for (std::uint64_t seed = only > 0 ? only : 1; seed <= last; ++seed) {
      Schedule schedule(seed, kind);
      const std::string failure = schedule.run();
      ASSERT_EQ(failure, "") << schedule.trace() << "seed " << seed << "; the same again: "
                             << "WIKIFLOW_SIMULATION_SEED=" << seed;
    }
  }
};

TEST_F(Simulation, CountsEachChangeOnceOnADisk) { run_all(StoreKind::disk); }

TEST_F(Simulation, CountsEachChangeOnceInACluster) { run_all(StoreKind::cluster); }

TEST_F(Simulation, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const StoreKind kind : {StoreKind::disk, StoreKind::cluster}) {
      Schedule first(seed, kind);
      Schedule second(seed, kind);
      first.run();
      second.run();
      ASSERT_EQ(first.trace(), second.trace()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace wikiflow::pipeline::simulation
