// What a person can do about an answer that is not a stream: the text for the log and /readyz.

#pragma once

#include <string>
#include <string_view>

namespace wikiflow::sse {

// `excerpt` is the beginning of the answer's body, as received; may be empty.
std::string explain_status(int status, std::string_view excerpt);
std::string explain_type(std::string_view content_type);

// `trouble` is what the network library says.
std::string explain_unreachable(std::string_view url, std::string_view trouble);

}  // namespace wikiflow::sse
