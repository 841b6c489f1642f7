#include "run/program.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "config/programs.h"
#include "topic/kafka/kafka.h"
#include "version.h"

namespace wikiflow::app {
namespace {

bool has_settings(const config::CommandLine& line, const std::string& command) {
  return std::ranges::any_of(line.commands, [&](const config::Command& known) {
    return known.name == command && known.program != config::kNobody;
  });
}

}  // namespace

std::string version_text() { return "wikiflow " WIKIFLOW_VERSION "\n" + topic::kafka::features(); }

config::Setting check_option() {
  return config::option_toggle("CHECK", "check the settings and the connections, then end");
}

config::Setting offline_option() {
  return config::option_toggle("OFFLINE", "with --check: the settings only");
}

int run_program(const config::CommandLine& line, int argc, char** argv,
                const std::function<config::ExitCode(const config::Invocation&)>& body) {
  try {
    const auto invocation =
        config::read_command_line(line, config::arguments_of(argc, argv), config::process_environment());
    if (!invocation) return config::leave(invocation.error());
    if (has_settings(line, invocation->command)) config::begin_log(*invocation);
    return config::to_int(body(*invocation));
  } catch (const std::exception& bug) {
    log_error("run", "a bug: please report it", {{"what", bug.what()}});
    return config::to_int(config::ExitCode::bug);
  }
}

}  // namespace wikiflow::app
