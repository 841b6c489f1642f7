// How long to wait before the next try: exponential with full jitter.
//
// The n-th wait is drawn evenly from [0, min(cap, first * 2^n)]. Drawing from the whole range, rather than
// adding a little noise, is what spreads out clients that were cut off together (M. Brooker, "Exponential
// Backoff And Jitter", AWS Architecture Blog, 2015).
//
// A `first` below 1 ms counts as 1 ms; a cap of zero means no waits at all.
//
// Threads: one.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace wikiflow {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, std::uint64_t seed)
      : first_(std::max(first, std::chrono::milliseconds{1})),
        cap_(std::max(cap, std::chrono::milliseconds{0})),
        random_(seed) {}

  // The next wait. Grows with each call until reset().
  std::chrono::milliseconds next();

  // The largest value that next() could return now.
  std::chrono::milliseconds ceiling() const;

  // What was tried has worked long enough: begin with the shortest wait again.
  void reset() { tries_ = 0; }

  // Begin at the cap: the peer has said that soon is useless.
  void to_cap();

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds cap_;
  unsigned tries_ = 0;
  std::mt19937_64 random_;
};

}  // namespace wikiflow
