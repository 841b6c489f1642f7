// What a person sees while a program catches up: rate, how far behind, and how long it will take.
//
//   catching up: 3,400,000 records behind, 812,000/s, 4 s to go
//
// Rate and time to go are of the last kWindow. On a terminal one line that is written over; otherwise a plain
// line every kPlainEvery. Nothing is written once the program is up to date but a line that says so.
//
// Threads: one.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>

#include "base/time.h"

namespace wikiflow::app {

class Progress {
 public:
  static constexpr std::chrono::seconds kPlainEvery{10};
  static constexpr std::chrono::seconds kWindow{10};

  // `unit`: what `behind` counts ("records", "s of the stream"); below `near_enough` of them is up to date.
  Progress(std::ostream& out, bool terminal, std::string unit, double near_enough);

  // To be called about once a second. `done`: how many were worked on so far; `behind`: nullopt while
  // unknown.
  void tick(SteadyTime now, std::uint64_t done, std::optional<double> behind);

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t done;
    double behind;
  };

  std::string line(SteadyTime now, std::uint64_t done, double behind) const;
  void write(SteadyTime now, const std::string& text);

  std::ostream& out_;
  const bool terminal_;
  const std::string unit_;
  const double near_enough_;
  std::deque<Sample> samples_;  // of this catching up, no older than kWindow
  std::optional<SteadyTime> written_;
};

// 1234567 -> "1,234,567".
std::string with_commas(std::uint64_t n);

}  // namespace wikiflow::app
