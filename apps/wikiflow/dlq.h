// `wikiflow dlq list` and `wikiflow dlq redrive`: the dead letters on a broker, or in the embedded log of
// `wikiflow run`.

#pragma once

#include <cstddef>
#include <ostream>
#include <stop_token>
#include <string>

#include "config/command_line.h"
#include "config/exit_codes.h"
#include "config/programs.h"
#include "run/factories.h"

namespace wikiflow::app {

// --at: whose letters.
config::Setting dlq_place_option();
// --limit: how many are listed.
config::Setting dlq_limit_option();

enum class DlqPlace { broker, local };
DlqPlace dlq_place(const config::Values& values);

// A line of JSON for each letter, the oldest first, each once: origin, time, reason, size, and how it begins.
// That there are more than `limit` is said on `err`.
config::ExitCode dlq_list(const config::DlqSettings& settings, DlqPlace place, std::size_t limit,
                          const Factories& factories, std::stop_token stop, std::ostream& out,
                          std::ostream& err);

// Writes those that can be decoded now to the topic of changes, each once however often it is called, and
// says how many there were of which kind.
config::ExitCode dlq_redrive(const config::DlqSettings& settings, DlqPlace place, const Factories& factories,
                             std::stop_token stop, std::ostream& out);

}  // namespace wikiflow::app
