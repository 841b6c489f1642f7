#include "store/rocksdb/transfer.h"

#include "count/totals.h"
#include "store/rocksdb/maintenance.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::store {
namespace {

Result<void> go_on(const std::stop_token& stop) {
  if (stop.stop_requested()) return transient("stopped before it was done");
  return {};
}

Result<void> write_rows(ArchiveWriter& writer, bool user, const count::CountsView& counts,
                        const std::stop_token& stop) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (auto on = go_on(stop); !on) return on;
    const auto [key, count] = counts[i];
    if (auto added = writer.add({.user = user, .key = key, .count = count}); !added) return added;
  }
  return {};
}

// Error: bad_input, when the sums over partitions are of no one moment.
Result<count::Totals> read_totals(ArchiveReader& archive, const std::stop_token& stop) {
  count::Totals totals;
  while (true) {
    if (auto on = go_on(stop); !on) return tl::make_unexpected(on.error());
    const auto row = archive.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) break;
    if ((*row)->user) {
      totals.load_user((*row)->key, (*row)->count);
    } else {
      totals.load_domain((*row)->key, (*row)->count);
    }
  }
  const auto ahead = archive.sums().ahead(archive.head());
  if (!ahead) return totals;
  return bad_input(
      "the rows of partition " + std::to_string(ahead->number) +
      " include more than their checkpoint, so that their sum is of no one moment: export again "
      "once CASSANDRA_SYNC_PERIOD has gone by with the producers stopped and everything counted");
}

}  // namespace

Result<bool> export_rocksdb(const std::shared_ptr<rocks::Database>& database, std::ostream& out,
                            const std::stop_token& stop) {
  const auto identity = rocksdb_identity(*database);
  if (!identity) return tl::make_unexpected(identity.error());
  if (!*identity) return false;
  RocksdbStore store(database);
  auto checkpoints = store.open(**identity);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  const ArchiveHead head{.identity = **identity, .checkpoints = *std::move(checkpoints)};
  ArchiveWriter writer(out, head);
  const count::TotalsView totals = store.view().totals;
  const auto written = write_rows(writer, false, totals.by_domain, stop)
                           .and_then([&] { return write_rows(writer, true, totals.by_user, stop); })
                           .and_then([&] { return writer.finish(); });
  if (!written) return tl::make_unexpected(written.error());
  return true;
}

Result<std::uint64_t> import_rocksdb(const std::shared_ptr<rocks::Database>& database, ArchiveReader& archive,
                                     const std::stop_token& stop) {
  const auto kept = rocksdb_identity(*database);
  if (!kept) return tl::make_unexpected(kept.error());
  const Identity& identity = archive.head().identity;
  RocksdbStore store(database);
  const auto keeps_already = [&] {
    return fatal("'" + database->dir().string() + "' keeps counts already, of " +
                 to_string(kept->value_or(identity)) + "; `store reset` gives them up");
  };
  if (*kept && *kept != identity) return keeps_already();
  auto totals = read_totals(archive, stop);
  if (!totals) return tl::make_unexpected(totals.error());
  const auto opened = store.open(identity);
  if (!opened) return tl::make_unexpected(opened.error());
  if (!opened->empty()) return keeps_already();
  store.fill(*std::move(totals), archive.head().checkpoints);
  if (auto flushed = store.flush(FlushLimits{}); !flushed) return tl::make_unexpected(flushed.error());
  return store.size().changes;
}

}  // namespace wikiflow::store
