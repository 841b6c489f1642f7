// The log of the simulated source: which event stands where, and when.
//
// Two topics, one for each data centre, and one order of arrival over both: event n comes from one site, has
// a record timestamp and a record offset, and all of that is a function of the seed and n. So nothing is
// kept, any event can be served at any time, and a simulator that is started again serves the same log.
//
// The source's clock moves at `density` events a second in the mean, in turns faster (x 1/0.6) and slower (x
// 1/1.4). On that steady time there are two disturbances, as on the live stream: 2 % of events have the site
// and timestamp of the event before, and 1 % go back 1 to 6 ms behind it. The event's own time, meta.dt, lies
// up to a second before the record's, and sometimes up to 64 s.
//
// Offsets have holes (every second one is a canary's, whether sent or not) and count per site from different
// bases.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace wikiflow::sim {

enum class Site : std::uint8_t { eqiad, codfw };
inline constexpr std::array kSites{Site::eqiad, Site::codfw};
constexpr std::size_t index_of(Site site) { return static_cast<std::size_t>(site); }
std::string_view topic_of(Site site);

struct Entry {
  Site site = Site::eqiad;
  Millis at{};              // the record's timestamp
  Millis dt{};              // the event's own time
  std::int64_t offset = 0;  // the record's
};

class Log {
 public:
  static constexpr std::uint64_t kEndless = std::uint64_t{1} << 48U;

  // `density` from 0.001 to 10,000 events a second of the source's time; `count` 0 means endless.
  Log(std::uint64_t seed, Millis start, double density, std::uint64_t count);

  std::uint64_t count() const { return count_; }
  Millis start() const { return start_; }

  Entry entry(std::uint64_t n) const;
  Site site(std::uint64_t n) const;
  Millis timestamp(std::uint64_t n) const;
  static std::int64_t offset(Site site, std::uint64_t n);
  static std::int64_t canary_offset(Site site, std::uint64_t n) { return offset(site, n) - 1; }

  // When event n arrives, from the start of the log. Never earlier than its timestamp, grows with n.
  std::chrono::microseconds arrival(std::uint64_t n) const;

  // How many events have arrived by then.
  std::uint64_t arrived(std::chrono::microseconds by) const;

  // The first event of the site with a timestamp not before `from`, or with at least that offset; `end` when
  // there is none below it.
  std::uint64_t first_at(Site site, Millis from, std::uint64_t end) const;
  std::uint64_t first_from_offset(Site site, std::int64_t offset, std::uint64_t end) const;

 private:
  enum class Disturbance { none, same, back };
  Disturbance disturbance(std::uint64_t n) const;
  std::uint64_t first_of_site(Site site, std::uint64_t n, Millis from, std::uint64_t end) const;

  std::uint64_t seed_;
  Millis start_;
  std::int64_t fast_us_;  // between two events
  std::int64_t slow_us_;
  std::uint64_t count_;
};

}  // namespace wikiflow::sim
