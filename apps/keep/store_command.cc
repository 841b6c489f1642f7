#include "keep/store_command.h"

#include <filesystem>

#include "run/report.h"
#include "store/rocksdb/maintenance.h"
#include "store/rocksdb/transfer.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

// No directory is made only to look into it.
bool is_there(const std::string& state_dir) {
  return std::filesystem::exists(std::filesystem::path(state_dir) / "db");
}

ExitCode nothing_kept(const std::string& state_dir, std::ostream& out) {
  out << "store: no counts are kept in " << state_dir << '\n';
  return ExitCode::ok;
}

}  // namespace

void print_checkpoints(const store::Checkpoints& checkpoints, std::ostream& out) {
  for (const auto& [partition, checkpoint] : checkpoints) {
    out << "partition " << partition.number << ": counted up to offset " << checkpoint.next.value << ", "
        << checkpoint.counted << " changes" << (checkpoint.exact ? "" : ", not exact");
    if (checkpoint.since) out << ", since " << format_rfc3339(*checkpoint.since);
    out << '\n';
  }
}

ExitCode store_status(const std::string& state_dir, std::ostream& out) {
  if (!is_there(state_dir)) return nothing_kept(state_dir, out);
  const auto database = rocks::Database::open(state_dir, {});
  if (!database) return report(database.error());
  const auto status = store::rocksdb_status(*database);
  if (!status) return report(status.error());
  if (!*status) return nothing_kept(state_dir, out);
  const auto& [identity, checkpoints, size] = **status;
  out << "store: " << state_dir << " keeps counts of " << store::to_string(identity) << '\n'
      << "store: " << size.changes << " changes, " << size.domains << " domains, " << size.users
      << " users\n";
  print_checkpoints(checkpoints, out);
  return ExitCode::ok;
}

ExitCode store_reset(const std::string& state_dir, std::ostream& out) {
  if (!is_there(state_dir)) return nothing_kept(state_dir, out);
  const auto database = rocks::Database::open(state_dir, {});
  if (!database) return report(database.error());
  if (auto reset = store::reset_rocksdb(**database); !reset) return report(reset.error());
  out << "store: the counts in " << state_dir
      << " are given up; the next start begins at the beginning of the "
      << "topic\n";
  return ExitCode::ok;
}

ExitCode store_export(const std::string& state_dir, std::ostream& out, const std::stop_token& stop) {
  const auto nothing = [&] { return report({ErrorKind::fatal, "no counts are kept in " + state_dir}); };
  if (!is_there(state_dir)) return nothing();
  const auto database = rocks::Database::open(state_dir, {});
  if (!database) return report(database.error());
  const auto exported = store::export_rocksdb(*database, out, stop);
  if (!exported) return report(exported.error());
  return *exported ? ExitCode::ok : nothing();
}

ExitCode store_import(const std::string& state_dir, std::istream& in, std::ostream& out,
                      const std::stop_token& stop) {
  auto archive = store::ArchiveReader::open(in);
  if (!archive) return report(archive.error());
  const auto database = rocks::Database::open(state_dir, {});
  if (!database) return report(database.error());
  const auto changes = store::import_rocksdb(*database, *archive, stop);
  if (!changes) return report(changes.error());
  print_imported(state_dir, archive->head().identity, *changes, out);
  return ExitCode::ok;
}

void print_imported(const std::string& where, const store::Identity& identity, std::uint64_t changes,
                    std::ostream& out) {
  out << "store: " << where << " now keeps " << changes << " changes of " << store::to_string(identity)
      << '\n';
}

}  // namespace wikiflow::app
