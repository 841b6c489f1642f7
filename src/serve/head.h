// The head of an answer, as text.

#pragma once

#include <string>

#include "base/time.h"
#include "serve/server.h"

namespace wikiflow::serve {

// The value of `Date`, rendered once a second. Threads: one.
class DateHeader {
 public:
  const std::string& at(Millis now);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

// Replaces `out`. A header of the handler's whose name is not a token is left out, and control characters in
// a value become blanks, so that no input can forge a header.
void render_head(const Response& response, bool keep_alive, const std::string& date, std::string& out);

}  // namespace wikiflow::serve
