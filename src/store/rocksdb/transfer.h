// Counts in a database as text, and back: `store export` and `store import` (store/archive.h).
//
// Both need the database for themselves: stop the program that counts first.

#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <stop_token>

#include "rocks/database.h"
#include "store/archive.h"

namespace wikiflow::store {

// False, and nothing is written, when no counts are kept. Memory: as for a consumer that holds them.
// Errors: fatal (damaged, of another version; `out` cannot be written); transient after `stop`.
Result<bool> export_rocksdb(const std::shared_ptr<rocks::Database>& database, std::ostream& out,
                            const std::stop_token& stop);

// All or nothing: a program that dies meanwhile leaves no counts, and the import can be done again. Rows by
// partition are summed, which is exact only where none includes more than its checkpoint. Returns how many
// changes are in the counts. Memory: as for a consumer that holds these counts, and what writing all of them
// takes. Errors: bad_input (the archive is not whole, or cannot be had here); fatal (counts are kept already;
// the disk refuses); transient after `stop`.
Result<std::uint64_t> import_rocksdb(const std::shared_ptr<rocks::Database>& database, ArchiveReader& archive,
                                     const std::stop_token& stop);

}  // namespace wikiflow::store
