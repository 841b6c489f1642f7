// Text that is about to leave the process.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wikiflow {

// `text` with every byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7) replaced by U+FFFD.
std::string sanitize_utf8(std::string_view text);

// Appends `text` as the inside of a JSON string (RFC 8259): `"`, `\` and control characters escaped, `/` and
// everything beyond ASCII as it is. Bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string_view text, std::string& out);

// Writes the same at `at`, where there must be room for json_escaped_room(text.size()) bytes; returns where
// it ends.
constexpr std::size_t json_escaped_room(std::size_t bytes) { return 6 * bytes + 8; }
char* write_json_escaped(std::string_view text, char* at);

}  // namespace wikiflow
