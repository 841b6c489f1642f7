#include <unistd.h>

#include <iostream>

#include "config/command_line.h"
#include "keep/store_command.h"
#include "run/health.h"
#include "run/program.h"
#include "run/signals.h"
#include "wikiflow/dlq.h"
#include "wikiflow/run.h"
#include "wikiflow/simulate.h"

using namespace wikiflow;

int main(int argc, char** argv) {
  const app::Signals signals;
  const std::vector<std::string> arguments = config::arguments_of(argc, argv);
  // Its flags are the simulator's own, and there are many.
  if (!arguments.empty() && arguments.front() == "simulate") {
    return config::to_int(
        app::simulate(std::span(arguments).subspan(1), signals.token(), std::cout, std::cerr));
  }
  const config::CommandLine line{
      .name = "wikiflow",
      .summary = "Live numbers of Wikimedia's changes, in one process over an embedded log.",
      .version = app::version_text,
      .commands = {
          {.name = "run", .help = "stream to counts, served over HTTP", .program = config::kWikiflow},
          {.name = "simulate", .help = "an event stream to test against"},
          {.name = "health", .help = "whether the one of this machine is well", .program = config::kWikiflow},
          {.name = "store status", .help = "what is counted, and how far", .program = config::kStore},
          {.name = "store reset", .help = "give the counts up, and keep the log", .program = config::kStore},
          {.name = "store export", .help = "write the counts to standard output", .program = config::kStore},
          {.name = "store import",
           .help = "take exported counts from standard input",
           .program = config::kStore},
          {.name = "dlq list",
           .help = "what could not be counted, a line each",
           .program = config::kDlq,
           .options = {app::dlq_place_option(), app::dlq_limit_option()}},
          {.name = "dlq redrive",
           .help = "count of them what can be now",
           .program = config::kDlq,
           .options = {app::dlq_place_option()}},
          {.name = "version", .help = "what --version prints"}}};
  return app::run_program(line, argc, argv, [&](const config::Invocation& invocation) {
    if (invocation.command == "version") {
      std::cout << app::version_text() << '\n';
      return config::ExitCode::ok;
    }
    if (invocation.command == "health") return app::health(invocation.values.text("HTTP_ADDR"), std::cerr);
    if (invocation.command == "store status")
      return app::store_status(invocation.values.text("STATE_DIR"), std::cout);
    if (invocation.command == "store reset")
      return app::store_reset(invocation.values.text("STATE_DIR"), std::cout);
    if (invocation.command == "store export")
      return app::store_export(invocation.values.text("STATE_DIR"), std::cout, signals.token());
    if (invocation.command == "store import")
      return app::store_import(invocation.values.text("STATE_DIR"), std::cin, std::cout, signals.token());
    if (invocation.command.starts_with("dlq ")) {
      const auto settings = config::dlq_settings(invocation.values);
      const auto place = app::dlq_place(invocation.values);
      const auto factories = app::Factories::real();
      if (invocation.command == "dlq redrive") {
        return app::dlq_redrive(settings, place, factories, signals.token(), std::cout);
      }
      const auto limit = static_cast<std::size_t>(invocation.values.integer("LIMIT"));
      return app::dlq_list(settings, place, limit, factories, signals.token(), std::cout, std::cerr);
    }
    return app::run_all(config::wikiflow_settings(invocation.values),
                        {.terminal = isatty(STDERR_FILENO) != 0}, app::Factories::real(), signals.token(),
                        std::cerr);
  });
}
