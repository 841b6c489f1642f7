// Where counts are in the tables, and reading many places side by side.
//
// Threads: any.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/cassandra/session.h"

namespace wikiflow::store::cassandra {

// What is written to one place at once: so many rows, or fewer when their keys have so many bytes.
inline constexpr std::size_t kBatchRows = 100;
inline constexpr std::size_t kBatchBytes = 64 * 1024;

// Over how many buckets the keys of a kind are spread, and which of them is a key's: from 0 on.
std::int16_t buckets_of(Kind kind);
std::int16_t bucket_of(Kind kind, std::string_view key);

// How counts of the `number`-th generation of a topic are named in the tables.
std::string generation_name(const Identity& identity, std::int32_t number);

// Where the counts of a topic's partitions are.
std::vector<Place> places_of(const std::string& generation, std::int32_t partitions);

// Calls `rows` with up to 1,000 rows of one place at a time; what they hold is valid for the call. `at_once`
// places are read side by side, since a node answers several at once: by so many threads, or by the caller's
// when it is 1. After the first error the rest is left, and once `stop` is requested. Errors: the session's;
// transient when it was stopped.
Result<void> read_places(Session& session, const std::vector<Place>& places, std::size_t at_once,
                         const std::function<void(const Place&, std::span<const CountRow>)>& rows,
                         const std::stop_token& stop = {});

}  // namespace wikiflow::store::cassandra
