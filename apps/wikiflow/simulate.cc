#include "wikiflow/simulate.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <vector>

#include "base/time.h"
#include "run/report.h"
#include "sim/flags.h"
#include "sim/simulator.h"

namespace wikiflow::app {
namespace {

constexpr std::chrono::milliseconds kTick{200};

void tell_end(const sim::Counters& counters, std::ostream& out) {
  out << "served " << counters.events << " events in " << counters.frames << " frames over "
      << counters.streams << " connections, " << counters.cuts << " of them cut\n"
      << std::flush;
}

}  // namespace

config::ExitCode simulate(std::span<const std::string> arguments, std::stop_token stop, std::ostream& out,
                          std::ostream& err) {
  sim::SimOptions options;
  CLI::App app("Serves the event stream as Wikimedia does, generated or from a file, with faults on demand.",
               "wikiflow simulate");
  sim::add_flags(app, options);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& end) {
    return app.exit(end, out, err) == 0 ? config::ExitCode::ok : config::ExitCode::usage;
  }
  Metrics metrics;
  const auto simulator = sim::Simulator::start(options, metrics);
  if (!simulator) return report(simulator.error());
  out << "wikiflow simulate: " << (*simulator)->url() << "\n"
      << "                   its log begins at " << format_rfc3339((*simulator)->log_start()) << '\n'
      << std::flush;
  while (system_clock().sleep(kTick, stop)) {
  }
  (*simulator)->stop();
  tell_end((*simulator)->counters(), out);
  return config::ExitCode::ok;
}

}  // namespace wikiflow::app
