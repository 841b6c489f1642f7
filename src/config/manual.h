// What packages want of a command line, made from its definition so that it cannot differ from it: the manual
// page, and the completion for bash.
//
// Every program prints them: --print-manual NAME and --print-completion NAME, where NAME is what the program
// is called once it is installed. --help is silent about these two.

#pragma once

#include <string>
#include <vector>

#include "config/command_line.h"

namespace wikiflow::config {

// Settings and options of `command`, in the order of --help.
std::vector<Setting> rows_of(const Command& command);

// For section 1, as groff's man macros want it.
std::string manual_page(const CommandLine& line, const std::string& name);

// To be sourced by bash, or put where bash-completion looks for it. Completes commands, flags, and values
// that are choices or paths.
std::string bash_completion(const CommandLine& line, const std::string& name);

}  // namespace wikiflow::config
