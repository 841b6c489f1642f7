// `consumer store status|reset|export|import` and the same of `wikiflow`: the counts in a state directory.
//
// All but status change or need the directory for themselves, and are refused while a program counts there.

#pragma once

#include <istream>
#include <ostream>
#include <stop_token>
#include <string>

#include "config/exit_codes.h"
#include "store/count_store.h"

namespace wikiflow::app {

// What the counts are counts of, and where each partition stands.
config::ExitCode store_status(const std::string& state_dir, std::ostream& out);

// A line for each partition.
void print_checkpoints(const store::Checkpoints& checkpoints, std::ostream& out);

// Gives the counts up; the next start counts from the beginning of the topic.
config::ExitCode store_reset(const std::string& state_dir, std::ostream& out);

// Writes the counts to `out` (store/archive.h); that there are none is an error, since nobody wants a backup
// of nothing.
config::ExitCode store_export(const std::string& state_dir, std::ostream& out, const std::stop_token& stop);

// Takes what `in` holds as the counts of a directory that keeps none, and says so on `out`.
config::ExitCode store_import(const std::string& state_dir, std::istream& in, std::ostream& out,
                              const std::stop_token& stop);

// "store: <where> now keeps ..."
void print_imported(const std::string& where, const store::Identity& identity, std::uint64_t changes,
                    std::ostream& out);

}  // namespace wikiflow::app
