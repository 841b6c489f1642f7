// Ranks 1 to n, rank k as often as 1 / k^s: how edits spread over users and over wikis.
//
// Rejection-inversion (Hörmann and Derflinger 1996): constant time and no table, whatever n, so a million
// users cost nothing. Turned down: a cumulative table, which is 8 bytes a user and a binary search through
// it.

#pragma once

#include <cstdint>

#include "sim/random.h"

namespace wikiflow::sim {

class Zipf {
 public:
  // `n` at least 1, `s` above 0.
  Zipf(std::uint64_t n, double s);

  std::uint64_t operator()(Draw& draw) const;

 private:
  double integral(double x) const;
  double inverse(double x) const;

  double n_;
  double s_;
  double from_;  // integral(1.5) - 1
  double to_;    // integral(n + 0.5)
  double sure_;  // within this of a rank's own place no second look is needed
};

}  // namespace wikiflow::sim
