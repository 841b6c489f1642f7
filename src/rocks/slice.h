// What RocksDB hands out, as text. A template, so that RocksDB does not show in this header.

#pragma once

#include <string_view>

namespace wikiflow::rocks {

// Borrowed. Slice: rocksdb::Slice.
template <typename Slice>
std::string_view view_of(const Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace wikiflow::rocks
