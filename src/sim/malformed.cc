#include "sim/malformed.h"

#include <array>
#include <string_view>

#include "sim/append.h"
#include "sim/random.h"

namespace wikiflow::sim {
namespace {

// Each `@` becomes a new id.
constexpr std::array<std::string_view, 14> kLines{
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"en.wikipedia.org","id":"@"},"title":"Cut in the m)",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"en.wikipedia.org","id":"@"},"title":"Cut","user":"A")",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"en.wikipedia.org","id":"@"},"user":"No title"})",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"id":"@"},"title":"No domain","user":"Example"})",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"en.wikipedia.org","id":"@"},"title":""})",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"en.wikipedia.org","id":"@"},"title":null})",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":17,"id":"@"},"title":"Domain of another type"})",
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":null,"title":"No meta","user":"@"})",
    R"([{"meta":{"domain":"en.wikipedia.org","id":"@"},"title":"An array"}])",
    "{\"meta\":{\"domain\":\"en.wikipedia.org\",\"id\":\"@\"},\"title\":\"Not UTF-8: \xC3\x28 \xFF\"}",
    R"({"meta":{"domain":"en.wikipedia.org","id":"@"},"title":"Twice"}{"meta":{"domain":"en.wikipedia.org","id":"@"},"title":"Twice"})",
    "null",
    "upstream connect error or disconnect/reset before headers @",
    "<html><head><title>502 Bad Gateway</title></head></html>",
};

void append_id(std::uint64_t n, std::string& out) { append_uuid(mix(n), hash(n, 1, Purpose::faults), out); }

}  // namespace

std::size_t malformed_kinds() { return kLines.size(); }

void append_malformed(std::uint64_t draw, std::uint64_t n, std::string& out) {
  for (const char c : kLines.at(draw % kLines.size())) {
    if (c == '@') {
      append_id(n, out);
    } else {
      out.push_back(c);
    }
  }
}

void append_oversized(std::size_t size, std::uint64_t n, std::string& out) {
  const std::size_t begin = out.size();
  out += R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"domain":"oversized.invalid","id":")";
  append_id(n, out);
  out += R"("},"title":"Oversized","user":"Oversized","comment":")";
  const std::size_t written = out.size() - begin + 2;
  if (size > written) out.append(size - written, 'x');
  out += "\"}";
}

}  // namespace wikiflow::sim
