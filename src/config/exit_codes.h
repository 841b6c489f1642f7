// What a program says with its exit code. The numbers are those of sysexits.h, so that a supervisor can tell
// "fix the settings" from "try again".

#pragma once

namespace wikiflow::config {

enum class ExitCode : int {
  ok = 0,            // did what was asked, or was asked to stop
  unwell = 1,        // `health`: the program does not answer, or is stopping
  usage = 64,        // the command line: unknown flag, unknown command
  unavailable = 69,  // a dependency was out of reach for longer than GIVE_UP_AFTER
  bug = 70,          // something that must not happen
  bad_config = 78,   // a setting has a value that cannot be used
};

constexpr int to_int(ExitCode code) { return static_cast<int>(code); }

}  // namespace wikiflow::config
