#include "run/report.h"

namespace wikiflow::app {

config::ExitCode report(const Error& error) {
  log_error("run", "ending", {{"why", error.what}});
  return error.kind == ErrorKind::bad_input ? config::ExitCode::bad_config : config::ExitCode::unavailable;
}

}  // namespace wikiflow::app
