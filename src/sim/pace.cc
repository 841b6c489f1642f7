#include "sim/pace.h"

#include <algorithm>

namespace wikiflow::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr double kUsualDensity = 60;  // in turns 43 and 100 a second
constexpr double kMaxLiveRate = 100;  // up to here the source's clock is ours
constexpr double kMinDensity = 0.001;
constexpr double kMaxDensity = 10'000;
constexpr std::chrono::hours kEndlessReach{30 * 24};
constexpr double kLongest = 30.0 * 365 * 24 * 3600;
constexpr microseconds kAhead{1'000'000};
constexpr microseconds kLeastWait{100};

double density_of(const SimOptions& options) {
  if (options.rate > 0 && options.speed > 0) return options.rate / options.speed;
  if (options.rate > 0 && options.rate <= kMaxLiveRate) return options.rate;
  return kUsualDensity;
}

double speed_of(const SimOptions& options, double density) {
  return options.speed > 0 ? options.speed : options.rate / density;
}

}  // namespace

Result<Plan> make_plan(const SimOptions& options, std::uint64_t count, Millis now) {
  if (!(options.rate >= 0) || !(options.speed >= 0)) return bad_input("rate and speed must not be negative");
  Plan plan{now, density_of(options), 0, count, options.history.value_or(0)};
  if (plan.density < kMinDensity || plan.density > kMaxDensity) {
    return bad_input("rate / speed must lie between 0.001 and 10000 events a second of the source's time");
  }
  if (static_cast<double>(std::max(count, plan.history)) / plan.density > kLongest) {
    return bad_input("the log would be longer than 30 years: fewer events, or a higher rate / speed");
  }
  plan.speed = speed_of(options, plan.density);
  const bool clock_is_ours = plan.speed > 0.99 && plan.speed < 1.01;
  const Log from_zero(0, Millis{}, plan.density, count);
  if (options.start_time) {
    plan.start = *options.start_time;
    if (plan.start > now)
      return bad_input("the start time " + format_rfc3339(plan.start) + " lies in the future");
    if (!options.history && clock_is_ours) plan.history = from_zero.arrived(now - plan.start);
    return plan;
  }
  const std::uint64_t in_past = clock_is_ours ? plan.history : count;
  const microseconds reach =
      count == 0 && !clock_is_ours ? microseconds(kEndlessReach) : from_zero.arrival(in_past);
  plan.start = now - std::chrono::ceil<milliseconds>(reach);
  return plan;
}

Pace::Pace(const Log& log, const Plan& plan, SteadyTime start)
    : log_(log),
      speed_(plan.speed),
      start_(start),
      at_start_(plan.history == 0 ? microseconds{0} : log.arrival(plan.history - 1)) {}

std::uint64_t Pace::available(SteadyTime steady, Millis now) const {
  const std::uint64_t by_wall = log_.arrived(now - log_.start() + kAhead);
  if (!paced()) return by_wall;
  const double elapsed = std::chrono::duration<double, std::micro>(steady - start_).count();
  const microseconds source = at_start_ + microseconds{static_cast<std::int64_t>(elapsed * speed_)};
  return std::min(by_wall, log_.arrived(source));
}

microseconds Pace::until(std::uint64_t n, SteadyTime steady, Millis now) const {
  microseconds wait = log_.arrival(n) - (now - log_.start() + kAhead);
  if (paced()) {
    const auto due = static_cast<double>((log_.arrival(n) - at_start_).count()) / speed_;
    const double elapsed = std::chrono::duration<double, std::micro>(steady - start_).count();
    wait = std::max(wait, microseconds{static_cast<std::int64_t>(due - elapsed) + 1});
  }
  return std::max(wait, kLeastWait);
}

}  // namespace wikiflow::sim
