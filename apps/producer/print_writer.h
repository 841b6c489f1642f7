// A topic's writer that prints each record's value as a line: `producer --to stdout`.

#pragma once

#include <memory>
#include <ostream>
#include <stop_token>

#include "topic/topic.h"

namespace wikiflow::app {

// Each record is flushed, so that a reader at the other end of a pipe sees it at once. When `out` takes no
// more, `closed` is requested and the writer fails; after that no writer can be opened. `out` is not owned.
Result<std::unique_ptr<topic::Writer>> open_print_writer(std::ostream& out, std::stop_source& closed);

}  // namespace wikiflow::app
