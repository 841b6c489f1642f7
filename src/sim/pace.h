// How far the log reaches at a moment: the source's clock.
//
// Paced: `history` events are there at the start, and the source's clock then runs at `speed` against ours;
// the end of the log is what has arrived by it. Catching up to the end is as fast as the reader takes it. Not
// paced (rate and speed 0): the whole log can be read at once; its end, for a client that asks for new events
// only, is behind the furthest event that anybody was sent, so such a client drives the log forward.
//
// Either way no event is served that lies in the future of the wall clock (but for a second), since clients
// rightly ignore the timestamps of such. A log that is read faster than 30-100 events a second must therefore
// begin in the past; when no start time is given, it begins so that it ends now, or 30 days ago when it has
// no end.

#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "sim/log.h"
#include "sim/options.h"

namespace wikiflow::sim {

// What follows from the options for the log as a whole.
struct Plan {
  Millis start;
  double density;       // events a second of the source's time
  double speed;         // of the source's clock against ours; 0: not paced
  std::uint64_t count;  // 0: endless
  std::uint64_t history;
};

// `count`: of the options, or of the file. Errors: bad_input for a rate, speed or start that cannot be.
Result<Plan> make_plan(const SimOptions& options, std::uint64_t count, Millis now);

class Pace {
 public:
  Pace(const Log& log, const Plan& plan, SteadyTime start);

  // How many events can be served.
  std::uint64_t available(SteadyTime steady, Millis now) const;

  // How long until event n can be; at least a tenth of a millisecond.
  std::chrono::microseconds until(std::uint64_t n, SteadyTime steady, Millis now) const;

  bool paced() const { return speed_ > 0; }

 private:
  const Log& log_;
  double speed_;
  SteadyTime start_;
  std::chrono::microseconds at_start_;  // the source's clock then
};

}  // namespace wikiflow::sim
