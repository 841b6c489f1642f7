// How counts and checkpoints lie in RocksDB.
//
// Family store.rows: a kind byte and the key -> the count, eight bytes, little-endian.
// Family store.state: "schema" -> "1"; "identity" and "checkpoint/<partition>" -> lines of text, so that an
// operator can read them with RocksDB's own tools.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/count_store.h"

namespace wikiflow::store {

inline constexpr const char* kRowsFamily = "store.rows";
inline constexpr const char* kStateFamily = "store.state";
inline constexpr const char* kSchemaKey = "schema";
inline constexpr const char* kSchema = "1";
inline constexpr const char* kIdentityKey = "identity";
inline constexpr std::string_view kCheckpointPrefix = "checkpoint/";

inline constexpr char kDomainRow = 'd';
inline constexpr char kUserRow = 'u';

std::string encode_count(std::uint64_t count);
std::string encode(const Identity& identity);
std::string encode(const Checkpoint& checkpoint);
std::string checkpoint_key(Partition partition);

// nullopt when the bytes are damaged.
std::optional<std::uint64_t> decode_count(std::string_view bytes);
std::optional<Identity> decode_identity(std::string_view text);
std::optional<Checkpoint> decode_checkpoint(std::string_view text);
std::optional<Partition> decode_checkpoint_key(std::string_view key);

}  // namespace wikiflow::store
