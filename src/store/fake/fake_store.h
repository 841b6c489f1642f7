// A store in memory, for tests: what was flushed lies on a FakeDisk and outlives the store, what was not is
// gone with it, as in a crash. Nothing in it waits.
//
//   FakeDisk disk;
//   FakeStore store(disk);
//   disk.away(true);     // flush() and open() fail for a while; trouble() says so
//   disk.break_it();     // flush() fails for good
//
// Threads: any.

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "store/adder.h"
#include "store/count_store.h"

namespace wikiflow::store {

class FakeDisk {
 public:
  void away(bool away);
  void break_it();

  Checkpoints checkpoints() const;
  std::map<std::string, std::uint64_t> domains() const;
  std::map<std::string, std::uint64_t> users() const;

 private:
  friend class FakeStore;
  mutable std::mutex mutex_;
  bool away_ = false;
  bool broken_ = false;
  std::optional<Identity> identity_;
  std::map<std::string, std::uint64_t> domains_;
  std::map<std::string, std::uint64_t> users_;
  Checkpoints checkpoints_;
};

class FakeStore final : public CountStore {
 public:
  // The disk outlives the store.
  explicit FakeStore(FakeDisk& disk) : disk_(disk) {}

  Result<Checkpoints> open(const Identity& identity) override;
  Result<void> add(Partition partition, std::span<const Item> items, const Checkpoint& after) override;
  using CountStore::flush;
  Result<std::map<Partition, Offset>> flush(const FlushLimits& limits) override;
  std::optional<std::string> trouble() const override;
  StoreView view() override;
  StoreSize size() const override;

 private:
  FakeDisk& disk_;
  mutable std::mutex mutex_;  // before the disk's
  count::Totals totals_;
  Adder adder_;
  Checkpoints checkpoints_;
};

}  // namespace wikiflow::store
