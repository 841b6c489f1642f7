// What tells a record from another at the same offset: the first eight bytes of SHA-256 over its key and
// value.
//
// Kept in a checkpoint for the last record that was counted, and compared when that record is read again: a
// log that was cut back and written anew, or made anew under the same name, does not pass for the one that
// was counted.

#pragma once

#include <cstdint>
#include <string_view>

namespace wikiflow::pipeline {

// Never 0, which stands for "there is no record".
std::uint64_t fingerprint(std::string_view key, std::string_view value);

}  // namespace wikiflow::pipeline
