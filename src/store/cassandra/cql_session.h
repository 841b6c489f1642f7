// Session over a real Cassandra.

#pragma once

#include <memory>

#include "store/cassandra/connection.h"
#include "store/cassandra/session.h"

namespace wikiflow::store::cassandra {

// Connects and prepares every statement, so a table or column that is missing is found here: a fatal error
// that names `consumer store init`. Errors: also transient (away), fatal (not let in).
Result<std::unique_ptr<Session>> open_session(const ConnectionOptions& options);

}  // namespace wikiflow::store::cassandra
