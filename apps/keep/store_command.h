// `consumer store status|reset` and `wikiflow store status|reset`: the counts in a state directory.

#pragma once

#include <ostream>
#include <string>

#include "config/exit_codes.h"
#include "store/count_store.h"

namespace wikiflow::app {

// What the counts are counts of, and where each partition stands.
config::ExitCode store_status(const std::string& state_dir, std::ostream& out);

// A line for each partition.
void print_checkpoints(const store::Checkpoints& checkpoints, std::ostream& out);

// Gives the counts up; the next start counts from the beginning of the topic. Refused while a program counts
// there.
config::ExitCode store_reset(const std::string& state_dir, std::ostream& out);

}  // namespace wikiflow::app
