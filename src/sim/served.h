// Which events of the log were served at all: a set of numbers that mostly follow each other.
//
// Kept as ranges, so a log read from end to end is one of them. Every resume that skips something leaves a
// hole. Limit: kMaxRanges; beyond it the first two are taken as one, and the count is then too high: exact()
// says so.
//
// Threads: one.

#pragma once

#include <cstdint>
#include <map>

namespace wikiflow::sim {

class Served {
 public:
  static constexpr std::size_t kMaxRanges = std::size_t{1} << 16U;

  // True when n was not in the set.
  bool add(std::uint64_t n);

  std::uint64_t size() const { return size_; }
  bool exact() const { return exact_; }

 private:
  using Ranges = std::map<std::uint64_t, std::uint64_t>;  // first to one behind the last
  void join_first_two();

  Ranges ranges_;
  Ranges::iterator latest_ = ranges_.end();  // where the last one went: the next mostly follows it
  std::uint64_t size_ = 0;
  bool exact_ = true;
};

}  // namespace wikiflow::sim
