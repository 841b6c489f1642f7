// What the consumer does, over whatever world it is given. As producer/produce.h.

#pragma once

#include <ostream>
#include <stop_token>

#include "config/exit_codes.h"
#include "config/programs.h"
#include "consumer/cassandra.h"
#include "run/factories.h"

namespace wikiflow::app {

// Topic to counts, served over HTTP.
config::ExitCode consume(const config::ConsumerSettings& settings, const Factories& factories,
                         const ConnectCassandra& cassandra, std::stop_token stop, std::ostream& out,
                         bool terminal);

// --check.
config::ExitCode check_consumer(const config::ConsumerSettings& settings, bool offline,
                                const Factories& factories, const ConnectCassandra& cassandra,
                                std::ostream& out);

}  // namespace wikiflow::app
