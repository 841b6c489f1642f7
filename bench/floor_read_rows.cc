// The least that a restart on Cassandra costs: every row of a topic's counts read once, as many places at a
// time as our store does, and thrown away.

#include <CLI/CLI.hpp>
#include <atomic>

#include "kafka.h"
#include "measure.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/cql_session.h"
#include "store/cassandra/places.h"

namespace {

using namespace wikiflow::store::cassandra;
using wikiflow::bench::die;

}  // namespace

int main(int argc, char** argv) {
  ConnectionOptions options;
  std::string topic;
  CLI::App app("Reads all rows that Cassandra keeps for a topic, and discards them");
  app.add_option("--cassandra", options.hosts)->required();
  app.add_option("--keyspace", options.keyspace)->required();
  app.add_option("--topic", topic)->required();
  CLI11_PARSE(app, argc, argv);

  const auto session = open_session(options);
  if (!session) die(session.error().what);
  const auto generation = (*session)->read_generation(topic);
  if (!generation || !*generation) die("no counts of topic " + topic);
  const auto& [number, identity] = **generation;
  const wikiflow::bench::Meter meter;
  std::atomic<std::uint64_t> rows = 0;
  const auto read = read_places(**session, places_of(generation_name(identity, number), identity.partitions),
                                StoreOptions{}.reads_at_once,
                                [&](const Place&, std::span<const CountRow> some) { rows += some.size(); });
  if (!read) die(read.error().what);
  wikiflow::bench::print_result(
      {{"rows", static_cast<double>(rows.load())}, {"wall_s", meter.wall_s()}, {"cpu_s", meter.cpu_s()}});
  return 0;
}
