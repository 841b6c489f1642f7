// From the words of a command line to settings, or to a reason to leave at once.
//
//   const CommandLine line{.name = "producer", .summary = "...", .version = [] { ... },
//                          .commands = {{.program = kProducer, .options = {option_check(), ...}},
//                                       {.name = "topic ensure", .help = "...", .program = kTopicEnsure}}};
//   auto invocation = read_command_line(line, arguments, process_environment());
//   if (!invocation) return leave(invocation.error());
//
// Every command gets --help, --version, and, when it has settings, --env-file, --print-config and -X where
// librdkafka is used; these are answered here. Flags may stand before or after the command's name.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "config/environment.h"
#include "config/exit_codes.h"
#include "config/setting.h"
#include "config/values.h"

namespace wikiflow::config {

struct Command {
  std::string name = {};              // "topic ensure"; empty: the program without a command
  std::string help = {};              // one line
  Program program = kNobody;          // whose settings it takes
  std::vector<Setting> options = {};  // its own, flag_only
};

struct CommandLine {
  std::string name;                      // of the program
  std::string summary;                   // one line
  std::function<std::string()> version;  // for --version, without the last line end
  std::vector<Command> commands;
};

struct Invocation {
  std::string command;                // Command::name
  Values values;                      // settings and options
  std::vector<std::string> warnings;  // for the log
};

// The program ends here: what it prints, and its exit code.
struct Exit {
  ExitCode code = ExitCode::ok;
  std::string out = {};
  std::string err = {};
};

// `arguments` without the program's own name. Exits: ok for --help, --version and --print-config; usage for
// an unknown flag or command, with "did you mean"; bad_config for values that cannot be used.
tl::expected<Invocation, Exit> read_command_line(const CommandLine& line,
                                                 std::span<const std::string> arguments,
                                                 const Environment& environment);

// Writes what `exit` has to say to standard output and standard error; returns the code for main().
int leave(const Exit& exit);

// argv without the program's name.
std::vector<std::string> arguments_of(int argc, const char* const* argv);

// An option of one command, without a value: option_toggle("CHECK", "...") is --check.
Setting option_toggle(std::string name, std::string help);
// With a value of the given kind; `preset` may be empty.
Setting option(std::string name, Kind kind, std::string preset, std::string metavar, std::string help);

// What --help prints: at most 40 lines of at most 100 columns, as long as the options are few.
std::string help_text(const CommandLine& line, const Command& command);

}  // namespace wikiflow::config
