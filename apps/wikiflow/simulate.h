// `wikiflow simulate`: the simulator as a program.

#pragma once

#include <ostream>
#include <span>
#include <stop_token>
#include <string>

#include "config/exit_codes.h"

namespace wikiflow::app {

// `arguments`: what stands behind `simulate`. Serves until `stop`.
config::ExitCode simulate(std::span<const std::string> arguments, std::stop_token stop, std::ostream& out,
                          std::ostream& err);

}  // namespace wikiflow::app
