// What every main() does around its own work.

#pragma once

#include <functional>
#include <string>

#include "config/command_line.h"

namespace wikiflow::app {

// "wikiflow 0.1.0", and librdkafka with its features.
std::string version_text();

config::Setting check_option();
config::Setting offline_option();

// Reads the command line, sets up the log, and runs `body`. An exception out of it is a bug: exit code 70.
int run_program(const config::CommandLine& line, int argc, char** argv,
                const std::function<config::ExitCode(const config::Invocation&)>& body);

}  // namespace wikiflow::app
