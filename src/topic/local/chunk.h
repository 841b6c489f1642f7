// How records lie in RocksDB: as chunks, each a run of records of one partition that were written together.
//
// One key for each record would cost a memtable insert, an iterator step and some 30 bytes apiece; a chunk
// shares them among all records that arrived while the last group was being written, which in a burst is
// hundreds, and at a low rate is one, so nothing waits.
//
// Key: topic number, partition, first offset, each big-endian, so keys of a partition sort by offset.
// Value: the records after each other; see append_record() for the bytes.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "topic/topic.h"

namespace wikiflow::topic::local {

struct ChunkKey {
  std::uint32_t topic = 0;
  Partition partition;
  Offset first;
};

std::string encode(const ChunkKey& key);
// nullopt when `bytes` is no key.
std::optional<ChunkKey> decode_key(std::string_view bytes);

// Time (8 bytes), then key, value and the number of headers with their names and values, each with its length
// before it (LEB128).
void append_record(Millis time, const OutRecord& record, std::string& out);
std::size_t record_size(const OutRecord& record);

// A record as it lies in a chunk; borrowed from it.
struct StoredRecord {
  Millis time;
  std::string_view key;
  std::string_view value;
  std::string_view headers;  // for find_header()
};

// Takes the first record off `chunk`. nullopt at its end, or when the bytes are damaged (then `chunk` is not
// empty).
std::optional<StoredRecord> take_record(std::string_view& chunk);

// The last header called `name`.
std::optional<std::string_view> find_header(std::string_view headers, std::string_view name);

// All of them, names and values, in the order in which they were sent.
std::vector<std::pair<std::string, std::string>> all_headers(std::string_view headers);

}  // namespace wikiflow::topic::local
