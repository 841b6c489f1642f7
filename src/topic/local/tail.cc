#include "topic/local/tail.h"

#include <algorithm>

namespace wikiflow::topic::local {
namespace {

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

Result<Tail> read_tail(const Log& log, Partition partition, std::size_t records) {
  const Bounds bounds = log.bounds(partition);
  Tail tail{partition, {bounds.beginning}, {bounds.end}, {}};
  const auto most = static_cast<std::int64_t>(records);
  const std::int64_t from = std::max(bounds.beginning, bounds.end - most);
  std::int64_t next = from;
  const auto at = log.chunks(partition, {from});
  while (next < bounds.end) {
    const auto key = at->Valid() ? decode_key(view(at->key())) : std::nullopt;
    if (!key || key->topic != log.entry().id || key->partition != partition || key->first.value > next) {
      return transient("topic '" + log.name() + "', partition " + std::to_string(partition.number) +
                       " has no offset " + std::to_string(next) + " any more");
    }
    std::string_view rest = view(at->value());
    for (std::int64_t offset = key->first.value; offset < bounds.end; ++offset) {
      const auto record = take_record(rest);
      if (!record) {
        if (rest.empty()) break;
        return fatal("topic '" + log.name() + "', partition " + std::to_string(partition.number) +
                     " is damaged at offset " + std::to_string(offset));
      }
      if (offset < next) continue;
      tail.records.push_back({{offset}, record->time, all_headers(record->headers)});
      next = offset + 1;
    }
    at->Next();
  }
  return tail;
}

}  // namespace wikiflow::topic::local
