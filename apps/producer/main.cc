#include <unistd.h>

#include <iostream>

#include "config/command_line.h"
#include "producer/produce.h"
#include "run/health.h"
#include "run/program.h"
#include "run/signals.h"

using namespace wikiflow;

namespace {

config::Setting to_option() {
  auto to = config::option("TO", config::Kind::choice, "topic", "WHERE",
                           "topic, or stdout: print records as NDJSON, no broker needed");
  to.choices = {{"topic"}, {"stdout"}};
  return to;
}

}  // namespace

int main(int argc, char** argv) {
  const app::Signals signals;
  const config::CommandLine line{
      .name = "producer",
      .summary = "Reads Wikimedia's stream of changes, writes each to a Kafka topic.",
      .version = app::version_text,
      .commands = {{.program = config::kProducer,
                    .options = {to_option(), app::check_option(), app::offline_option()}},
                   {.name = "topic ensure",
                    .help = "make the topic, or check the one that is there",
                    .program = config::kTopicEnsure},
                   {.name = "health",
                    .help = "whether the producer of this machine is well",
                    .program = config::kProducer}}};
  return app::run_program(line, argc, argv, [&](const config::Invocation& invocation) {
    if (invocation.command == "health") return app::health(invocation.values.text("HTTP_ADDR"), std::cerr);
    const auto factories = app::Factories::real();
    if (invocation.command == "topic ensure") {
      return app::ensure_topic(config::topic_ensure_settings(invocation.values), factories, signals.token(),
                               std::cout);
    }
    const auto settings = config::producer_settings(invocation.values);
    if (invocation.values.on("CHECK")) {
      return app::check_producer(settings, invocation.values.on("OFFLINE"), factories, std::cout);
    }
    if (invocation.values.text("TO") == "stdout") {
      return app::print_records(settings.source, factories, signals.token(), std::cout);
    }
    return app::produce(settings, factories, signals.token(), std::cerr, isatty(STDERR_FILENO) != 0);
  });
}
