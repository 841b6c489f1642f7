#include "sse/stream.h"

namespace wikiflow::sse {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::closed:
      return "closed";
    case Cause::cut:
      return "cut";
    case Cause::silence:
      return "silence";
    case Cause::unreachable:
      return "unreachable";
    case Cause::bad_status:
      return "bad_status";
    case Cause::bad_type:
      return "bad_type";
    case Cause::no_content:
      return "no_content";
  }
  return "unknown";
}

}  // namespace wikiflow::sse
