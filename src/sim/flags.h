// The simulator's options as command-line flags: --reorder sets faults.reorder, and so on, one to one.
//
// Threads: one.

#pragma once

#include <CLI/App.hpp>

#include "sim/options.h"

namespace wikiflow::sim {

// Adds the flags, with the values that `options` has as defaults. `options` must outlive the parsing.
void add_flags(CLI::App& app, SimOptions& options);

}  // namespace wikiflow::sim
