// Made-up wikis, users and pages, as odd as the real ones.
//
// A user or page is a number; its name is a function of the number, and no two users share one. Among users
// there are quotes, ampersands, commas, right-to-left and combining characters, astral characters, IPv4 and
// IPv6 addresses (of the documentation ranges) and temporary accounts; among titles also `"` and `\`. Names
// are plain text, not JSON.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wikiflow::sim {

enum class Script : std::uint8_t { latin, cyrillic, arabic, hebrew, han, devanagari };

struct Wiki {
  std::string domain;      // en.wikipedia.org
  std::string id;          // enwiki
  std::string server_url;  // https://en.wikipedia.org
  Script script = Script::latin;
};

// The wikis, busiest first; about 300.
const std::vector<Wiki>& wikis();

// Replaces `out` by the name of user `rank`, from 1.
void user_name(std::uint64_t rank, std::string& out);
bool is_bot(std::uint64_t rank);

// Replaces `out` by the title of page `page` of a wiki, without its namespace.
void page_title(const Wiki& wiki, std::uint64_t page, std::string& out);

// Appends a title as it stands in a URL's path: spaces as `_`, what is not plain ASCII percent-encoded.
void append_url_title(std::string_view title, std::string& out);

}  // namespace wikiflow::sim
