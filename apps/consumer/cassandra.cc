#include "consumer/cassandra.h"

#include "keep/store_command.h"
#include "run/report.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/cql_session.h"
#include "store/cassandra/maintenance.h"
#include "store/cassandra/schema.h"
#include "store/cassandra/transfer.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

// "keyspace 'wikiflow' of Cassandra at localhost:9042"
std::string place(const config::CassandraSettings& settings) {
  return "keyspace '" + settings.keyspace + "' of Cassandra at " + settings.hosts;
}

ExitCode nothing_kept(const config::StoreSettings& settings, std::ostream& out) {
  out << "store: no counts of topic '" << settings.topic << "' are kept in " << place(settings.cassandra)
      << '\n';
  return ExitCode::ok;
}

}  // namespace

store::cassandra::ConnectionOptions cassandra_options(const config::CassandraSettings& settings) {
  return {.hosts = settings.hosts,
          .keyspace = settings.keyspace,
          .local_dc = settings.local_dc,
          .consistency = settings.consistency,
          .username = settings.username,
          .password = settings.password,
          .tls_ca = settings.tls_ca};
}

std::unique_ptr<store::CountStore> cassandra_store(const config::ConsumerSettings& settings,
                                                   const ConnectCassandra& connect, Clock& clock,
                                                   Metrics& metrics, std::stop_token stop) {
  return std::make_unique<store::cassandra::CassandraStore>(
      [connect, options = cassandra_options(settings.cassandra)] { return connect(options); },
      store::cassandra::StoreOptions{.sync_period = settings.cassandra_sync_period, .stop = std::move(stop)},
      clock, metrics);
}

ExitCode cassandra_init(const config::StoreInitSettings& settings, std::ostream& out) {
  const auto options = cassandra_options(settings.cassandra);
  const auto connection = store::cassandra::Connection::open(options);
  if (!connection) return report(connection.error());
  if (auto made = store::cassandra::make_schema(**connection, options.keyspace, settings.replication);
      !made) {
    return report(made.error());
  }
  // A table of that name that is there already is left as it is: does it do?
  if (const auto session = store::cassandra::open_session(options); !session) return report(session.error());
  out << "store: " << place(settings.cassandra) << " has all tables\n";
  return ExitCode::ok;
}

ExitCode cassandra_status(const config::StoreSettings& settings, const ConnectCassandra& connect,
                          std::ostream& out) {
  const auto session = connect(cassandra_options(settings.cassandra));
  if (!session) return report(session.error());
  const auto status = store::cassandra::status(**session, settings.topic);
  if (!status) return report(status.error());
  if (!*status) return nothing_kept(settings, out);
  out << "store: " << place(settings.cassandra) << " keeps counts of "
      << store::to_string((*status)->identity) << ", number " << (*status)->number << '\n';
  print_checkpoints((*status)->checkpoints, out);
  return ExitCode::ok;
}

ExitCode cassandra_reset(const config::StoreSettings& settings, const ConnectCassandra& connect,
                         std::ostream& out) {
  const auto session = connect(cassandra_options(settings.cassandra));
  if (!session) return report(session.error());
  const auto reset = store::cassandra::reset(**session, settings.topic);
  if (!reset) return report(reset.error());
  if (!*reset) return nothing_kept(settings, out);
  out << "store: the counts of topic '" << settings.topic << "' in " << place(settings.cassandra)
      << " are given up; start all its consumers again, they begin at the beginning of the topic\n";
  return ExitCode::ok;
}

ExitCode cassandra_export(const config::StoreSettings& settings, const ConnectCassandra& connect,
                          std::ostream& out, const std::stop_token& stop) {
  const auto session = connect(cassandra_options(settings.cassandra));
  if (!session) return report(session.error());
  const auto exported = store::cassandra::export_counts(**session, settings.topic, out, stop);
  if (!exported) return report(exported.error());
  if (*exported) return ExitCode::ok;
  return report({ErrorKind::fatal,
                 "no counts of topic '" + settings.topic + "' are kept in " + place(settings.cassandra)});
}

ExitCode cassandra_import(const config::StoreSettings& settings, const ConnectCassandra& connect,
                          std::istream& in, std::ostream& out, const std::stop_token& stop) {
  auto archive = store::ArchiveReader::open(in);
  if (!archive) return report(archive.error());
  const store::Identity& identity = archive->head().identity;
  if (identity.topic != settings.topic) {
    return report({ErrorKind::bad_input, "what is to be imported are counts of topic '" + identity.topic +
                                             "', and WIKIPEDIA_TOPIC is '" + settings.topic + "'"});
  }
  const auto session = connect(cassandra_options(settings.cassandra));
  if (!session) return report(session.error());
  const auto changes = store::cassandra::import_counts(
      **session, *archive, {.sync_period = settings.cassandra_sync_period}, system_clock(), stop);
  if (!changes) return report(changes.error());
  print_imported(place(settings.cassandra), identity, *changes, out);
  return ExitCode::ok;
}

}  // namespace wikiflow::app
