#include <unistd.h>

#include <iostream>

#include "config/command_line.h"
#include "consumer/consume.h"
#include "keep/store_command.h"
#include "run/program.h"
#include "run/signals.h"

using namespace wikiflow;

int main(int argc, char** argv) {
  const app::Signals signals;
  const config::CommandLine line{
      .name = "consumer",
      .summary = "Counts the changes on a topic by domain and by user, and serves /stats.",
      .version = app::version_text,
      .commands = {
          {.program = config::kConsumer, .options = {app::check_option(), app::offline_option()}},
          {.name = "store status", .help = "what is counted, and how far", .program = config::kStore},
          {.name = "store reset",
           .help = "give the counts up, begin anew at the next start",
           .program = config::kStore}}};
  return app::run_program(line, argc, argv, [&](const config::Invocation& invocation) {
    if (invocation.command == "store status")
      return app::store_status(invocation.values.text("STATE_DIR"), std::cout);
    if (invocation.command == "store reset")
      return app::store_reset(invocation.values.text("STATE_DIR"), std::cout);
    const auto factories = app::Factories::real();
    const auto settings = config::consumer_settings(invocation.values);
    if (invocation.values.on("CHECK")) {
      return app::check_consumer(settings, invocation.values.on("OFFLINE"), factories, std::cout);
    }
    return app::consume(settings, factories, signals.token(), std::cerr, isatty(STDERR_FILENO) != 0);
  });
}
