// What the producer does, over whatever world it is given.
//
// Each function runs until it is done or `stop` is requested, and returns the program's exit code; what went
// wrong is in the log by then.

#pragma once

#include <ostream>
#include <stop_token>

#include "config/exit_codes.h"
#include "config/programs.h"
#include "run/factories.h"

namespace wikiflow::app {

// Stream to topic. Progress goes to `out`, as for a terminal or in plain lines.
config::ExitCode produce(const config::ProducerSettings& settings, const Factories& factories,
                         std::stop_token stop, std::ostream& out, bool terminal);

// --to stdout: stream to NDJSON, without a broker. Ends when `out` takes no more.
config::ExitCode print_records(const config::SourceSettings& settings, const Factories& factories,
                               std::stop_token stop, std::ostream& out);

// --check: is all of it there? `offline`: only the settings, which are valid by now.
config::ExitCode check_producer(const config::ProducerSettings& settings, bool offline,
                                const Factories& factories, std::ostream& out);

// topic ensure: makes the topic and the one for its dead letters, or checks those that are there.
config::ExitCode ensure_topic(const config::TopicEnsureSettings& settings, const Factories& factories,
                              std::stop_token stop, std::ostream& out);

}  // namespace wikiflow::app
