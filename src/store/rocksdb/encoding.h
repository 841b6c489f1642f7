// How counts and checkpoints lie in RocksDB.
//
// Family store.rows: keys are numbered in the order of first sight, as in memory (count/counts.h), and 64 of
// them make a block. A kind byte and the block's number, four bytes, big end first -> of the names kind, each
// key's name behind its length; of the counts kind, each key's count. Numbers are in LEB128 (base/bytes.h),
// and every block but the last is full. So a name is written once, and a count costs a byte or two of a
// flush, not a row: turned down was a row for each key, which made flushes half of what counting costs.
//
// Family store.state: "schema" -> "2"; "identity" and "checkpoint/<partition>" -> lines of text, so that an
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
inline constexpr const char* kSchema = "2";
inline constexpr const char* kIdentityKey = "identity";
inline constexpr std::string_view kCheckpointPrefix = "checkpoint/";

inline constexpr std::uint32_t kBlockKeys = 64;
struct RowKinds {
  char names;
  char counts;
};
inline constexpr RowKinds kDomainRows{'D', 'd'};
inline constexpr RowKinds kUserRows{'U', 'u'};

std::string block_key(char kind, std::uint32_t block);
std::string encode(const Identity& identity);
std::string encode(const Checkpoint& checkpoint);
std::string checkpoint_key(Partition partition);

// nullopt when the bytes are damaged.
std::optional<Identity> decode_identity(std::string_view text);
std::optional<Checkpoint> decode_checkpoint(std::string_view text);
std::optional<Partition> decode_checkpoint_key(std::string_view key);

}  // namespace wikiflow::store
