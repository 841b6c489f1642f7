// The `.env` file: NAME=value, one a line.
//
//   # a comment                      blank lines and comments are skipped
//   export HTTP_ADDR=:8080           `export` may stand before the name
//   CONTACT=ops@example.org # why    an unquoted value ends at the line's end or at a blank and '#'; blanks
//   around
//                                    it do not count, and backslashes are themselves
//   CONTACT='as it # stands'         single quotes: nothing inside is special
//   CONTACT="a \"name\"\n"           double quotes: \n \r \t \\ \" \$ \' are escapes, any other is an error
//
// There is no interpolation: `$` is itself everywhere. A quoted value ends on its line. Lines may end in
// CRLF; a byte order mark at the start is skipped.
//
// Turned down: doing as a shell does (interpolation, lines joined by a backslash). Compose, shells and the
// many dotenv libraries differ exactly there, and one value must mean the same to a container and to a
// program.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wikiflow::config {

inline constexpr std::size_t kMaxEnvFileBytes = 1U << 20U;

struct EnvEntry {
  std::string name;
  std::string value;
  std::size_t line = 0;  // from 1
};

// All entries in the file's order, a name set twice included twice. Error: bad_input, beginning with the
// number of the line ("line 3: ..."), or saying that the file is larger than kMaxEnvFileBytes.
Result<std::vector<EnvEntry>> parse_env_file(std::string_view text);

}  // namespace wikiflow::config
