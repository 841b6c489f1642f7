#include "sim/log.h"

#include <algorithm>
#include <cmath>

#include "sim/random.h"

namespace wikiflow::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kHalfCycle = 256;  // events at one speed before the other
constexpr std::uint64_t kCycle = 2 * kHalfCycle;

constexpr std::array<std::string_view, 2> kTopics{"eqiad.mediawiki.recentchange",
                                                  "codfw.mediawiki.recentchange"};
constexpr std::array<std::int64_t, 2> kFirstOffset{6'387'234'776, 2'015'394'087};

constexpr std::uint64_t kCodfwOneIn = 8;
constexpr std::uint64_t kSamePermille = 40;  // of odd events, so 2 % of all
constexpr std::uint64_t kBackPermille = 20;
constexpr std::uint64_t kMaxBackMs = 6;
constexpr std::uint64_t kUsualLagMs = 800;
constexpr std::uint64_t kLateOneIn = 2000;
constexpr std::uint64_t kMaxLateMs = 64'000;

std::int64_t step_us(double density, double factor) {
  return std::max<std::int64_t>(std::llround(factor * 1e6 / density), 1);
}

}  // namespace

std::string_view topic_of(Site site) { return kTopics.at(index_of(site)); }

Log::Log(std::uint64_t seed, Millis start, double density, std::uint64_t count)
    : seed_(seed),
      start_(start),
      fast_us_(step_us(density, 0.6)),
      slow_us_(step_us(density, 1.4)),
      count_(count == 0 ? kEndless : count) {}

// Only odd events, so that the one before is always at its steady place.
Log::Disturbance Log::disturbance(std::uint64_t n) const {
  if (n % 2 == 0) return Disturbance::none;
  const std::uint64_t permille = (hash(seed_, n, Purpose::place) >> 20U) % 1000;
  if (permille < kSamePermille) return Disturbance::same;
  return permille < kSamePermille + kBackPermille ? Disturbance::back : Disturbance::none;
}

Site Log::site(std::uint64_t n) const {
  const std::uint64_t decides = disturbance(n) == Disturbance::none ? n : n - 1;
  return hash(seed_, decides, Purpose::place) % kCodfwOneIn == 0 ? Site::codfw : Site::eqiad;
}

microseconds Log::arrival(std::uint64_t n) const {
  const auto cycle = static_cast<std::int64_t>(n / kCycle);
  const auto within = static_cast<std::int64_t>(n % kCycle);
  const std::int64_t fast = std::min(within, kHalfCycle);
  const std::int64_t slow = within - fast;
  return microseconds{(cycle * kHalfCycle + fast) * fast_us_ + (cycle * kHalfCycle + slow) * slow_us_};
}

std::uint64_t Log::arrived(microseconds by) const {
  if (by.count() < 0) return 0;
  const std::int64_t cycle_us = kHalfCycle * (fast_us_ + slow_us_);
  const std::int64_t rest = by.count() % cycle_us;
  const std::int64_t fast_part = kHalfCycle * fast_us_;
  const std::int64_t within = rest < fast_part ? rest / fast_us_ : kHalfCycle + (rest - fast_part) / slow_us_;
  const std::int64_t last = by.count() / cycle_us * static_cast<std::int64_t>(kCycle) + within;
  return std::min(static_cast<std::uint64_t>(last) + 1, count_);
}

Millis Log::timestamp(std::uint64_t n) const {
  const auto steady = [&](std::uint64_t i) { return start_ + std::chrono::floor<milliseconds>(arrival(i)); };
  switch (disturbance(n)) {
    case Disturbance::none:
      return steady(n);
    case Disturbance::same:
      return steady(n - 1);
    case Disturbance::back:
      break;
  }
  const std::uint64_t back = 1 + (hash(seed_, n, Purpose::place) >> 40U) % kMaxBackMs;
  return steady(n - 1) - milliseconds{back};
}

Entry Log::entry(std::uint64_t n) const {
  Entry entry;
  entry.site = site(n);
  entry.at = timestamp(n);
  Draw draw(hash(seed_, n, Purpose::place));
  const bool late = draw.below(kLateOneIn) == 0;
  entry.dt = entry.at - milliseconds{draw.below(late ? kMaxLateMs : kUsualLagMs)};
  entry.offset = offset(entry.site, n);
  return entry;
}

std::int64_t Log::offset(Site site, std::uint64_t n) {
  return kFirstOffset.at(index_of(site)) + 2 * static_cast<std::int64_t>(n) + 1;
}

std::uint64_t Log::first_of_site(Site site, std::uint64_t n, Millis from, std::uint64_t end) const {
  while (n < end && (this->site(n) != site || timestamp(n) < from)) ++n;
  return std::min(n, end);
}

// No timestamp is later than its event's arrival, so the search may begin where arrivals reach `from`.
std::uint64_t Log::first_at(Site site, Millis from, std::uint64_t end) const {
  const microseconds into = from - start_ - microseconds{1};
  return first_of_site(site, std::min(arrived(into), end), from, end);
}

std::uint64_t Log::first_from_offset(Site site, std::int64_t offset, std::uint64_t end) const {
  const std::int64_t into = std::max<std::int64_t>(offset - kFirstOffset.at(index_of(site)), 0);
  return first_of_site(site, std::min(static_cast<std::uint64_t>(into / 2), end), Millis::min(), end);
}

}  // namespace wikiflow::sim
