// The one source of chance of a schedule. The standard's distributions differ between libraries; these do
// not.
//
// Threads: those that take turns.

#pragma once

#include <cstdint>
#include <random>

namespace wikiflow::pipeline::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // From 0 to n-1.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  int between(int from, int to) {
    return from + static_cast<int>(below(static_cast<std::size_t>(to - from + 1)));
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::uint64_t seed() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wikiflow::pipeline::simulation
