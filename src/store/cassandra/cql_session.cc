#include "store/cassandra/cql_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <future>
#include <utility>
#include <vector>

namespace wikiflow::store::cassandra {
namespace {

using Statement = Connection::Statement;

struct Statements {
  const Statement* write_count = nullptr;
  const Statement* write_checkpoint = nullptr;
  const Statement* write_generation = nullptr;
  const Statement* read_counts = nullptr;
  const Statement* read_checkpoints = nullptr;
  const Statement* read_generation = nullptr;
};

constexpr std::int64_t kNoSince = -1;

std::int64_t as_signed(std::uint64_t number) { return static_cast<std::int64_t>(number); }

class CqlSession final : public Session {
 public:
  CqlSession(std::unique_ptr<Connection> connection, const Statements& statements)
      : statements_(statements), connection_(std::move(connection)) {}

  void write_counts(const Place& place, std::span<const CountRow> rows, Done done) override {
    std::vector<Value> values;
    values.reserve(rows.size() * kCountColumns);
    for (const CountRow& row : rows) {
      values.insert(values.end(), {Value(place.generation), Value(place.partition.number),
                                   Value(static_cast<std::int8_t>(place.kind)), Value(place.bucket),
                                   Value(row.key), Value(as_signed(row.count)), Value(row.included.value),
                                   Value(write_time(row.included))});
    }
    connection_->write(statements_.write_count, values, kCountColumns, std::move(done));
  }

  void write_checkpoint(const std::string& generation, Partition partition, const Checkpoint& checkpoint,
                        Done done) override {
    const std::array<Value, 9> values{std::string_view(generation),
                                      partition.number,
                                      checkpoint.next.value,
                                      checkpoint.leader_epoch,
                                      as_signed(checkpoint.last_record),
                                      as_signed(checkpoint.counted),
                                      checkpoint.exact,
                                      checkpoint.since ? std::int64_t{unix_ms(*checkpoint.since)} : kNoSince,
                                      write_time(checkpoint.next)};
    connection_->write(statements_.write_checkpoint, values, values.size(), std::move(done));
  }

  Result<void> write_generation(const Generation& generation) override {
    const Identity& identity = generation.identity;
    const std::array<Value, 7> values{std::string_view(identity.topic),
                                      generation.number,
                                      std::string_view(identity.generation),
                                      identity.partitions,
                                      identity.dedupe_window,
                                      identity.counting_version,
                                      write_time(Offset{generation.number})};
    // connection_->write() calls back exactly once, and this waits for it.
    std::promise<Result<void>> written;
    connection_->write(statements_.write_generation, values, values.size(),
                       [&written](const Result<void>& result) { written.set_value(result); });
    return written.get_future().get();
  }

  Result<void> read_counts(const Place& place, const std::function<void(const CountRow&)>& row) override {
    const std::array<Value, 4> values{std::string_view(place.generation), place.partition.number,
                                      static_cast<std::int8_t>(place.kind), place.bucket};
    return connection_->read(statements_.read_counts, values, [&row](std::span<const Value> read) {
      row({.key = std::get<std::string_view>(read[0]),
           .count = static_cast<std::uint64_t>(std::get<std::int64_t>(read[1])),
           .included = Offset{std::get<std::int64_t>(read[2])}});
    });
  }

  Result<Checkpoints> read_checkpoints(const std::string& generation) override {
    Checkpoints found;
    const std::array<Value, 1> values{std::string_view(generation)};
    const auto read =
        connection_->read(statements_.read_checkpoints, values, [&found](std::span<const Value> row) {
          Checkpoint& checkpoint = found[Partition{std::get<std::int32_t>(row[0])}];
          checkpoint.next = Offset{std::get<std::int64_t>(row[1])};
          checkpoint.leader_epoch = std::get<std::int32_t>(row[2]);
          checkpoint.last_record = static_cast<std::uint64_t>(std::get<std::int64_t>(row[3]));
          checkpoint.counted = static_cast<std::uint64_t>(std::get<std::int64_t>(row[4]));
          checkpoint.exact = std::get<bool>(row[5]);
          const auto since = std::get<std::int64_t>(row[6]);
          if (since != kNoSince) checkpoint.since = from_unix_ms(since);
        });
    if (!read) return tl::make_unexpected(read.error());
    return found;
  }

  Result<std::optional<Generation>> read_generation(const std::string& topic) override {
    std::optional<Generation> found;
    const std::array<Value, 1> values{std::string_view(topic)};
    const auto read = connection_->read(statements_.read_generation, values, [&](std::span<const Value> row) {
      found = Generation{.number = std::get<std::int32_t>(row[0]),
                         .identity = {.topic = topic,
                                      .generation = std::string(std::get<std::string_view>(row[1])),
                                      .partitions = std::get<std::int32_t>(row[2]),
                                      .dedupe_window = std::get<std::int64_t>(row[3]),
                                      .counting_version = std::get<std::int32_t>(row[4])}};
    });
    if (!read) return tl::make_unexpected(read.error());
    return found;
  }

 private:
  static constexpr std::size_t kCountColumns = 8;

  Statements statements_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<void> check_consistency(const ConnectionOptions& options, const std::set<std::string>& data_centres) {
  if (!options.local_dc.empty()) {
    if (data_centres.empty() || data_centres.contains(options.local_dc)) return {};
    return bad_input(fmt::format("CASSANDRA_LOCAL_DC is '{}', and Cassandra at {} has the data centres {}",
                                 options.local_dc, options.hosts, fmt::join(data_centres, ", ")));
  }
  if (data_centres.size() < 2 || !options.consistency.starts_with("LOCAL_")) return {};
  return bad_input(
      fmt::format("Cassandra at {} has the data centres {}: set CASSANDRA_LOCAL_DC to one of them, the same "
                  "for all consumers, or CASSANDRA_CONSISTENCY=QUORUM",
                  options.hosts, fmt::join(data_centres, ", ")));
}

Result<std::unique_ptr<Session>> open_session(const ConnectionOptions& options) {
  auto connection = Connection::open(options);
  if (!connection) return tl::make_unexpected(connection.error());
  if (auto checked = check_consistency(options, (*connection)->data_centres()); !checked) {
    return tl::make_unexpected(checked.error());
  }
  const std::string in = options.keyspace + ".";
  Statements statements;
  const std::array<std::pair<const Statement**, std::string>, 6> wanted{{
      {&statements.write_count, "INSERT INTO " + in +
                                    "counts (generation, partition, kind, bucket, key, count, included) "
                                    "VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"},
      {&statements.write_checkpoint,
       "INSERT INTO " + in +
           "checkpoints (generation, partition, next, leader_epoch, last_record, counted, exact, since) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"},
      {&statements.write_generation,
       "INSERT INTO " + in +
           "generations (topic, number, generation, partitions, dedupe_window, counting_version) "
           "VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"},
      {&statements.read_counts,
       "SELECT key, count, included FROM " + in +
           "counts WHERE generation = ? AND partition = ? AND kind = ? AND bucket = ?"},
      {&statements.read_checkpoints,
       "SELECT partition, next, leader_epoch, last_record, counted, exact, since FROM " + in +
           "checkpoints WHERE generation = ?"},
      {&statements.read_generation,
       "SELECT number, generation, partitions, dedupe_window, counting_version FROM " + in +
           "generations WHERE topic = ? LIMIT 1"},
  }};
  for (const auto& [statement, cql] : wanted) {
    auto prepared = (*connection)->prepare(cql);
    if (!prepared && prepared.error().kind == ErrorKind::bad_input) {
      return fatal("keyspace '" + options.keyspace + "' of Cassandra at " + options.hosts +
                   " does not have the tables of this version: run `consumer store init` (" +
                   prepared.error().what + ")");
    }
    if (!prepared) return tl::make_unexpected(prepared.error());
    *statement = *prepared;
  }
  return std::make_unique<CqlSession>(std::move(*connection), statements);
}

}  // namespace wikiflow::store::cassandra
