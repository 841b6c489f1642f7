// How a program ends: the line it says, and its exit code.

#pragma once

#include "base/log.h"
#include "base/result.h"
#include "config/exit_codes.h"

namespace wikiflow::app {

// The exit code for an error that ended the program; logs it.
//   bad_input  78: something in the configuration
//   transient  69: a dependency
//   fatal      69 too: it is the dependency's state (topic gone, not authorised) that has to change
config::ExitCode report(const Error& error);

}  // namespace wikiflow::app
