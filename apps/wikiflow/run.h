// `wikiflow run`: producer and consumer in one process, over an embedded log. One command, live numbers.
//
// When the live stream cannot be reached at start, the bundled sample is served by the simulator instead, as
// often as it takes, with its times moved to now; that is said on the terminal, in the log and in /readyz.
// Sample and live data never meet: each has a state directory of its own.

#pragma once

#include <chrono>
#include <ostream>
#include <stop_token>

#include "config/exit_codes.h"
#include "config/programs.h"
#include "run/factories.h"

namespace wikiflow::app {

struct RunOptions {
  std::chrono::milliseconds probe_limit{5'000};  // how long the live stream may take to answer at start
  double sample_rate = 30;                       // events a second; what the live stream sends on a quiet day
  bool terminal = false;
};

config::ExitCode run_all(const config::WikiflowSettings& settings, const RunOptions& options,
                         const Factories& factories, std::stop_token stop, std::ostream& out);

}  // namespace wikiflow::app
