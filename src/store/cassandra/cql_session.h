// Session over a real Cassandra.

#pragma once

#include <memory>
#include <set>
#include <string>

#include "store/cassandra/connection.h"
#include "store/cassandra/session.h"

namespace wikiflow::store::cassandra {

// Whether one who reads sees what another one wrote: with a LOCAL_ consistency only in the same data centre,
// so where there are several, one must be named. Errors: bad_input.
Result<void> check_consistency(const ConnectionOptions& options, const std::set<std::string>& data_centres);

// Connects and prepares every statement, so a table or column that is missing is found here: a fatal error
// that names `consumer store init`. Errors: also transient (away), fatal (not let in), those of
// check_consistency().
Result<std::unique_ptr<Session>> open_session(const ConnectionOptions& options);

}  // namespace wikiflow::store::cassandra
