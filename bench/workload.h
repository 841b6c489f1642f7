// What the benchmarks work on: three-field records, and EventStreams frames with full events.
//
// Shaped like a day of recentchange: some 300 domains and any number of users, both drawn from Zipf's law
// with s = 1; titles of a million pages, one in four beyond ASCII; 52 % categorize, 42 % edit, 3 % new, 3 %
// log; events of 1.1 kB. The same seed gives the same bytes.
//
// Threads: an object belongs to one thread.

#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace wikiflow::bench {

// Numbers from 0 to n-1; k is drawn in proportion to 1/(k+1).
class Zipf {
 public:
  explicit Zipf(std::size_t n);
  std::size_t operator()(std::mt19937_64& random) const;

 private:
  std::vector<double> cumulative_;
};

inline constexpr std::size_t kDomains = 300;

class Workload {
 public:
  // `distinct`: users come in turn, each as often as the others, rather than by Zipf's law.
  Workload(std::uint64_t seed, std::size_t users, bool distinct = false);

  // {"domain":"...","title":"...","user":"..."}, about 97 bytes. `title`: the same as in the value, for the
  // key.
  struct Record {
    std::string value;
    std::string title;
  };
  void record(Record& out);

  // One event as the service sends it. What differs between repetitions of the same event stands at fixed
  // places of it; see Frames.
  void event(std::int64_t unix_ms, std::uint64_t number, std::string& out);

 private:
  std::string_view next_user();
  void title(std::string& out);

  std::mt19937_64 random_;
  Zipf domain_;
  Zipf user_;
  const std::size_t users_;
  const bool distinct_;
  std::size_t turn_ = 0;
  std::vector<std::string> domains_;
  std::string user_name_;
};

// `event: message`, `id:`, `data:`, blank line: rendered beforehand, so that a server only has to send them.
//
// Going through them again, renew() gives each frame another meta.id and the time that would have passed
// meanwhile, in place: a few dozen bytes a frame.
class Frames {
 public:
  Frames(std::uint64_t seed, std::size_t count, std::size_t users, std::int64_t first_unix_ms);

  std::size_t size() const { return frames_.size(); }
  std::string_view operator[](std::size_t i) const;

  // Frame i as it shall be on pass `pass`.
  void renew(std::size_t i, std::uint64_t pass);

 private:
  struct Frame {
    std::size_t begin;
    std::uint32_t size;
    std::uint32_t uuid;                       // where meta.id stands, from `begin`
    std::array<std::uint32_t, 2> timestamps;  // where the id's two times stand
    std::int64_t unix_ms;
  };

  void append(Workload& workload, std::uint64_t number, std::int64_t unix_ms);

  std::string text_;
  std::vector<Frame> frames_;
  std::int64_t span_ms_ = 0;  // of one pass
};

}  // namespace wikiflow::bench
