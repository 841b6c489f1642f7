// The tables: db/init.cql is the one place that says what they are.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/cassandra/connection.h"

namespace wikiflow::store::cassandra {

inline constexpr const char* kOneReplica = "{'class': 'SimpleStrategy', 'replication_factor': 1}";

// The statements of `script` with the two settings in place. Errors: bad_input (not a name that a keyspace
// may have; a replication that is no map in braces).
Result<std::vector<std::string>> schema_statements(std::string_view script, const std::string& keyspace,
                                                   const std::string& replication);

// Makes what is missing of keyspace and tables, as db/init.cql has them; what is there is left as it is.
Result<void> make_schema(Connection& connection, const std::string& keyspace,
                         const std::string& replication = kOneReplica);

}  // namespace wikiflow::store::cassandra
