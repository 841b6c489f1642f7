#include "base/failpoint.h"

#ifdef WIKIFLOW_FAILPOINTS
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#endif

namespace wikiflow {

#ifdef WIKIFLOW_FAILPOINTS
namespace {

struct Armed {
  std::string name;  // empty: none
  std::atomic<int> left{0};

  Armed() {
    const char* const text = std::getenv("WIKIFLOW_FAILPOINT");
    const std::string_view all = text != nullptr ? text : "";
    const std::size_t colon = all.rfind(':');
    int times = 0;
    if (colon == std::string_view::npos) return;
    std::from_chars(all.data() + colon + 1, all.data() + all.size(), times);
    name = all.substr(0, colon);
    left = times;
  }
};

}  // namespace

void failpoint(const char* name) {
  static Armed armed;
  if (armed.name.empty() || armed.name != name) return;
  if (armed.left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}
#else
void failpoint(const char* /*name*/) {}
#endif

}  // namespace wikiflow
