// Counts in Cassandra as text, and back: `store export` and `store import` (store/archive.h).
//
// Threads: any.

#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <stop_token>
#include <string>

#include "base/time.h"
#include "store/archive.h"
#include "store/cassandra/session.h"

namespace wikiflow::store::cassandra {

// The counts of `topic` as they are at this moment, whether or not a consumer runs: rows may include more
// than the checkpoints, which a recovery from them copes with, as from the tables themselves. False, and
// nothing is written, when none are kept. Memory: a row.
// Errors: the session's; fatal (`out` cannot be written, or the counts are damaged); transient after `stop`.
Result<bool> export_counts(Session& session, const std::string& topic, std::ostream& out,
                           const std::stop_token& stop);

struct ImportOptions {
  std::chrono::milliseconds sync_period{10'000};  // as in StoreOptions: checkpoints are written so much later
  std::chrono::milliseconds give_up_after{60'000};  // how long one write is tried
};

// Rows first, checkpoints then, and last what makes them the counts of the topic: an import that dies before
// leaves nothing that anybody takes for counts, and can be done again. No consumer may begin to count the
// topic meanwhile; when one does, this is found. Returns how many changes are in the counts. Memory: some
// thousand rows.
// Errors: bad_input (the archive is not whole; it holds sums over partitions, and there are several); fatal
// (counts are kept already; Cassandra refuses); transient (away; after `stop`).
Result<std::uint64_t> import_counts(Session& session, ArchiveReader& archive, const ImportOptions& options,
                                    Clock& clock, const std::stop_token& stop);

}  // namespace wikiflow::store::cassandra
