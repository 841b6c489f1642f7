#include "store/rocksdb/rocksdb_store.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <numeric>

#include "base/bytes.h"
#include "base/failpoint.h"
#include "rocks/slice.h"
#include "store/rocksdb/encoding.h"

namespace wikiflow::store {

using rocks::view_of;

namespace {

// `number`: of the first key. False when names and counts, or what is loaded, do not belong together.
bool load_block(std::string_view names, std::string_view counts, std::uint32_t number,
                const RocksdbStore::Load& load) {
  while (!names.empty()) {
    const auto name = take_text(names);
    const auto count = take_number(counts);
    if (!name || !count || load(*name, *count) != number++) return false;
  }
  return counts.empty();
}

void put_counts(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* family, char kind,
                const count::CountsView& counts, std::vector<std::uint32_t> blocks) {
  std::ranges::sort(blocks);
  std::string value;
  for (const std::uint32_t block : blocks) {
    value.clear();
    const std::size_t end = std::min<std::size_t>(counts.size(), (block + 1ULL) * kBlockKeys);
    for (std::size_t i = std::size_t{block} * kBlockKeys; i < end; ++i) append_number(counts[i].count, value);
    batch.Put(family, block_key(kind, block), value);
  }
}

// Those from number `from` on, and with them the others of the first block.
void put_names(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* family, char kind,
               const count::CountsView& counts, std::size_t from) {
  std::string value;
  for (std::size_t i = from / kBlockKeys * kBlockKeys; from < counts.size() && i < counts.size();) {
    const auto block = static_cast<std::uint32_t>(i / kBlockKeys);
    value.clear();
    for (const std::size_t end = std::min<std::size_t>(counts.size(), i + kBlockKeys); i < end; ++i) {
      append_text(counts[i].key, value);
    }
    batch.Put(family, block_key(kind, block), value);
  }
}

}  // namespace

void RocksdbStore::Changed::mark(std::span<const std::uint32_t> numbers) {
  for (const std::uint32_t number : numbers) {
    const std::uint32_t block = number / kBlockKeys;
    if (block >= marked_.size()) marked_.resize(std::max<std::size_t>(block + 1, 2 * marked_.size()));
    if (marked_[block]) continue;
    marked_[block] = true;
    blocks_.push_back(block);
  }
}

std::vector<std::uint32_t> RocksdbStore::Changed::take() {
  for (const std::uint32_t block : blocks_) marked_[block] = false;
  return std::exchange(blocks_, {});
}

RocksdbStore::RocksdbStore(std::shared_ptr<rocks::Database> database) : database_(std::move(database)) {}

tl::unexpected<Error> RocksdbStore::failed(const std::string& doing, const std::string& why) const {
  return fatal("the store in '" + database_->dir().string() + "' " + doing + ": " + why);
}

Result<Checkpoints> RocksdbStore::open(const Identity& identity) {
  const std::lock_guard lock(mutex_);
  if (opened_) {
    if (!same_counts(identity_, identity)) return other_identity("the store", identity_, identity);
    return checkpoints_;
  }
  for (const char* family : {kRowsFamily, kStateFamily}) {
    if (auto there = database_->need(family); !there) return tl::make_unexpected(there.error());
  }
  const auto loaded = check_schema()
                          .and_then([&] { return check_identity(identity); })
                          .and_then([&] { return load_checkpoints(); })
                          .and_then([&] { return load_rows(); })
                          .and_then([&] { return check_sum(); });
  if (!loaded) return tl::make_unexpected(loaded.error());
  identity_ = identity;
  opened_ = true;
  return checkpoints_;
}

Result<void> RocksdbStore::check_schema() {
  auto* const state = database_->family(kStateFamily);
  std::string schema;
  const auto status = database_->db().Get({}, state, kSchemaKey, &schema);
  if (status.IsNotFound()) return {};  // written with the identity
  if (!status.ok()) return failed("cannot be read", status.ToString());
  if (schema == kSchema) return {};
  return failed("cannot be used", "it has schema version " + schema + ", and this program knows version " +
                                      kSchema + "; use the program that wrote it, or `store reset`");
}

Result<void> RocksdbStore::check_identity(const Identity& identity) {
  auto* const state = database_->family(kStateFamily);
  std::string text;
  const auto status = database_->db().Get({}, state, kIdentityKey, &text);
  if (status.ok()) {
    const auto kept = decode_identity(text);
    if (!kept) return failed("is damaged", "its identity cannot be read; `store reset` begins anew");
    if (same_counts(*kept, identity)) return {};
    return other_identity("the store in '" + database_->dir().string() + "'", *kept, identity);
  }
  if (!status.IsNotFound()) return failed("cannot be read", status.ToString());
  rocksdb::WriteBatch batch;
  batch.Put(state, kSchemaKey, kSchema);
  batch.Put(state, kIdentityKey, encode(identity));
  rocksdb::WriteOptions sync;
  sync.sync = true;
  const auto written = database_->db().Write(sync, &batch);
  if (!written.ok()) return failed("cannot be written", written.ToString());
  return {};
}

Result<void> RocksdbStore::load_checkpoints() {
  checkpoints_.clear();
  const std::unique_ptr<rocksdb::Iterator> at(
      database_->db().NewIterator({}, database_->family(kStateFamily)));
  for (at->Seek({kCheckpointPrefix.data(), kCheckpointPrefix.size()}); at->Valid(); at->Next()) {
    if (!view_of(at->key()).starts_with(kCheckpointPrefix)) break;
    const auto partition = decode_checkpoint_key(view_of(at->key()));
    const auto checkpoint = decode_checkpoint(view_of(at->value()));
    if (!partition || !checkpoint) {
      return failed("is damaged", "a checkpoint cannot be read; `store reset` begins anew");
    }
    checkpoints_[*partition] = *checkpoint;
  }
  if (!at->status().ok()) return failed("cannot be read", at->status().ToString());
  return {};
}

Result<void> RocksdbStore::load_rows() {
  totals_ = {};
  std::uint64_t rows = 0;
  if (database_->db().GetIntProperty(database_->family(kRowsFamily),
                                     rocksdb::DB::Properties::kEstimateNumKeys, &rows)) {
    totals_.reserve_users(static_cast<std::size_t>(rows / 2 * kBlockKeys));  // names and counts
  }
  return load_blocks(kDomainRows,
                     [&](std::string_view key, std::uint64_t n) { return totals_.load_domain(key, n); })
      .and_then([&] {
        return load_blocks(kUserRows,
                           [&](std::string_view key, std::uint64_t n) { return totals_.load_user(key, n); });
      })
      .map([&] {
        named_domains_ = totals_.domains();
        named_users_ = totals_.users();
      });
}

Result<void> RocksdbStore::load_blocks(const RowKinds& kinds, const Load& load) {
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  once.readahead_size = 2U << 20U;
  auto* const family = database_->family(kRowsFamily);
  const std::unique_ptr<rocksdb::Iterator> names(database_->db().NewIterator(once, family));
  const std::unique_ptr<rocksdb::Iterator> counts(database_->db().NewIterator(once, family));
  names->Seek({&kinds.names, 1});
  counts->Seek({&kinds.counts, 1});
  const auto has = [](const auto& at, char kind) {
    return at->Valid() && view_of(at->key()).front() == kind;
  };
  for (std::uint32_t block = 0; has(names, kinds.names) || has(counts, kinds.counts); ++block) {
    const bool both = names->Valid() && view_of(names->key()) == block_key(kinds.names, block) &&
                      counts->Valid() && view_of(counts->key()) == block_key(kinds.counts, block);
    if (!both || !load_block(view_of(names->value()), view_of(counts->value()), block * kBlockKeys, load)) {
      return failed("is damaged", "its rows cannot be read; `store reset` begins anew");
    }
    names->Next();
    counts->Next();
  }
  for (const auto* at : {names.get(), counts.get()}) {
    if (!at->status().ok()) return failed("cannot be read", at->status().ToString());
  }
  return {};
}

Result<void> RocksdbStore::check_sum() const {
  std::uint64_t counted = 0;
  for (const auto& [partition, checkpoint] : checkpoints_) counted += checkpoint.counted;
  if (counted == totals_.changes()) return {};
  return failed("is damaged", "its domains sum to " + std::to_string(totals_.changes()) +
                                  " changes, and its checkpoints say " + std::to_string(counted) +
                                  "; `store reset` begins anew");
}

Result<void> RocksdbStore::add(Partition partition, std::span<const Item> items, const Checkpoint& after) {
  const std::lock_guard lock(mutex_);
  Checkpoint& kept = checkpoints_[partition];
  if (after.next <= kept.next) return {};
  const auto [domains, users] = adder_.add(totals_, items, kept.next);
  domains_.mark(domains);
  users_.mark(users);
  kept = after;
  unwritten_[partition] = after;
  return {};
}

// The rows are read from a view, so that adding goes on meanwhile.
Result<std::map<Partition, Offset>> RocksdbStore::flush(const FlushLimits& /*limits*/) {
  count::TotalsView totals;
  Checkpoints changed;
  std::vector<std::uint32_t> domains;
  std::vector<std::uint32_t> users;
  std::map<Partition, Offset> lasting;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, checkpoint] : checkpoints_) lasting[partition] = checkpoint.next;
    changed = std::exchange(unwritten_, {});
    if (changed.empty()) return lasting;
    domains = domains_.take();
    users = users_.take();
    totals = totals_.view();
  }
  rocksdb::WriteBatch batch;
  auto* const rows = database_->family(kRowsFamily);
  failpoint("rows.before");
  put_names(batch, rows, kDomainRows.names, totals.by_domain, named_domains_);
  put_counts(batch, rows, kDomainRows.counts, totals.by_domain, std::move(domains));
  failpoint("rows.partly");
  put_names(batch, rows, kUserRows.names, totals.by_user, named_users_);
  put_counts(batch, rows, kUserRows.counts, totals.by_user, std::move(users));
  failpoint("rows.after");
  auto* const state = database_->family(kStateFamily);
  for (const auto& [partition, checkpoint] : changed) {
    batch.Put(state, checkpoint_key(partition), encode(checkpoint));
  }
  rocksdb::WriteOptions sync;
  sync.sync = true;
  failpoint("checkpoint.before");
  const auto written = database_->db().Write(sync, &batch);
  failpoint("checkpoint.after");
  if (!written.ok()) {
    return failed("cannot be written",
                  written.ToString() + "; is the disk full? Start again once it is mended");
  }
  named_domains_ = totals.by_domain.size();
  named_users_ = totals.by_user.size();
  return lasting;
}

StoreView RocksdbStore::view() {
  const std::lock_guard lock(mutex_);
  StoreView view{totals_.view(), {}};
  for (const auto& [partition, checkpoint] : checkpoints_)
    view.included.emplace_back(partition, checkpoint.next);
  return view;
}

void RocksdbStore::fill(count::Totals totals, const Checkpoints& checkpoints) {
  const auto all = [](std::size_t size) {
    std::vector<std::uint32_t> numbers(size);
    std::iota(numbers.begin(), numbers.end(), 0U);
    return numbers;
  };
  const std::lock_guard lock(mutex_);
  totals_ = std::move(totals);
  domains_.mark(all(totals_.domains()));
  users_.mark(all(totals_.users()));
  checkpoints_ = checkpoints;
  unwritten_ = checkpoints;
}

StoreSize RocksdbStore::size() const {
  const std::lock_guard lock(mutex_);
  return {totals_.domains(), totals_.users(), totals_.changes(), totals_.revision()};
}

}  // namespace wikiflow::store
