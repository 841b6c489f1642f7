// What an operator may ask of counts in Cassandra, whether or not a consumer runs.
//
// Errors are the session's. Threads: any.

#pragma once

#include <optional>
#include <string>

#include "store/cassandra/session.h"
#include "store/count_store.h"

namespace wikiflow::store::cassandra {

struct Status {
  Identity identity{};
  std::int32_t number = 0;  // of the generation of counts: one more after each reset
  Checkpoints checkpoints{};
};

// nullopt: no counts of that topic are kept.
Result<std::optional<Status>> status(Session& session, const std::string& topic);

// Gives the counts of `topic` up: consumers that open the store from now on begin at the beginning of the
// log. The rows stay, as history under a name of their own. One that runs goes on with the counts that it
// has, and writes them there. False: none are kept.
Result<bool> reset(Session& session, const std::string& topic);

}  // namespace wikiflow::store::cassandra
