#include <unistd.h>

#include <iostream>

#include "config/command_line.h"
#include "consumer/consume.h"
#include "consumer/stores.h"
#include "run/health.h"
#include "run/program.h"
#include "run/signals.h"
#include "store/cassandra/cql_session.h"

using namespace wikiflow;

int main(int argc, char** argv) {
  const app::Signals signals;
  const config::CommandLine line{
      .name = "consumer",
      .summary = "Counts the changes on a topic by domain and by user, and serves /stats.",
      .version = app::version_text,
      .commands = {
          {.program = config::kConsumer, .options = {app::check_option(), app::offline_option()}},
          {.name = "health",
           .help = "whether the consumer of this machine is well",
           .program = config::kConsumer},
          {.name = "store init", .help = "make Cassandra's tables", .program = config::kStoreInit},
          {.name = "store status", .help = "what is counted, and how far", .program = config::kConsumerStore},
          {.name = "store reset",
           .help = "give the counts up, begin anew at the next start",
           .program = config::kConsumerStore},
          {.name = "store export",
           .help = "write the counts to standard output",
           .program = config::kConsumerStore},
          {.name = "store import",
           .help = "take exported counts from standard input",
           .program = config::kConsumerStore}}};
  const app::ConnectCassandra cassandra = store::cassandra::open_session;
  return app::run_program(line, argc, argv, [&](const config::Invocation& invocation) {
    if (invocation.command == "health") return app::health(invocation.values.text("HTTP_ADDR"), std::cerr);
    if (invocation.command == "store init") {
      return app::cassandra_init(config::store_init_settings(invocation.values), std::cout);
    }
    if (invocation.command.starts_with("store ")) {
      const auto settings = config::store_settings(invocation.values);
      const auto stop = signals.token();
      if (invocation.command == "store export") {
        return app::store_export(settings, cassandra, std::cout, stop);
      }
      if (invocation.command == "store import") {
        return app::store_import(settings, cassandra, std::cin, std::cout, stop);
      }
      return invocation.command == "store status" ? app::store_status(settings, cassandra, std::cout)
                                                  : app::store_reset(settings, cassandra, std::cout);
    }
    const auto factories = app::Factories::real();
    const auto settings = config::consumer_settings(invocation.values);
    if (invocation.values.on("CHECK")) {
      return app::check_consumer(settings, invocation.values.on("OFFLINE"), factories, cassandra, std::cout);
    }
    return app::consume(settings, factories, cassandra, signals.token(), std::cerr,
                        isatty(STDERR_FILENO) != 0);
  });
}
