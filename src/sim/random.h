// Numbers that look random and depend on nothing but where they are drawn from.
//
// hash(seed, n, purpose) lets event n be made without those before it. Draw is a stream of numbers that
// begins at such a hash. Not <random>: its distributions differ from one library to the next, and a log must
// be the same wherever it is made.

#pragma once

#include <cstdint>

namespace wikiflow::sim {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// What a number is drawn for; streams of different purposes are unrelated.
enum class Purpose : std::uint64_t {
  place = 1,  // where an event stands in the log
  content,    // what it says
  id_high,    // its meta.id
  id_low,
  faults,      // what goes wrong around it
  shuffle,     // the order within a window
  connection,  // what goes wrong with a connection
};

constexpr std::uint64_t hash(std::uint64_t seed, std::uint64_t n, Purpose purpose) {
  return mix(mix(seed ^ mix(static_cast<std::uint64_t>(purpose))) + n);
}

class Draw {
 public:
  explicit constexpr Draw(std::uint64_t state) : state_(state) {}

  constexpr std::uint64_t next() {
    const std::uint64_t drawn = mix(state_);
    state_ += 0x9E3779B97F4A7C15U;
    return drawn;
  }
  // 0 to n - 1; n at least 1 and below 2^32.
  constexpr std::uint64_t below(std::uint64_t n) { return ((next() >> 32U) * n) >> 32U; }
  // From 0 up to 1, without 1.
  constexpr double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  constexpr bool chance(double probability) { return probability > 0 && unit() < probability; }
  // n/2 to 3n/2, at least 1.
  constexpr std::uint64_t around(std::uint64_t n) { return n / 2 + below(n + 1) + (n < 2 ? 1U : 0U); }

 private:
  std::uint64_t state_;
};

}  // namespace wikiflow::sim
