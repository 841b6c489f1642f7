// Text that is about to leave the process.

#pragma once

#include <string>
#include <string_view>

namespace wikiflow {

// `text` with every byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7) replaced by U+FFFD.
std::string sanitize_utf8(std::string_view text);

// Appends `text` as the inside of a JSON string (RFC 8259): `"`, `\` and control characters escaped, `/` and
// everything beyond ASCII as it is. Bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string_view text, std::string& out);

}  // namespace wikiflow
