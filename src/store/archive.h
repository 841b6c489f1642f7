// What a store holds as text, a JSON object in each line: to keep counts elsewhere, to move them to another
// store, or to look through them with the tools for such files. `store export` writes it, `store import`
// reads it.
//
//   {"wikiflow_counts":1,"topic":"t","generation":"g","partitions":1,"dedupe_window":100,"counting_version":1,
//    "by_partition":true,"checkpoints":1}                                                 (this is one line)
//   {"partition":0,"next":9,"leader_epoch":4,"last_record":"17","counted":7,"exact":true,"since_ms":null}
//   {"domain":"de.wikipedia.org","count":7,"partition":0,"included":9}
//   {"user":"Max","count":6,"partition":0,"included":9}
//   {"end":true,"domain_rows":1,"domain_sum":7,"user_rows":1,"user_sum":6}
//
// Rows are those of the store: with `by_partition` one for each partition and key, and what it includes;
// else, without those two fields, one for each key, summed over the partitions. Of the first the second can
// be made, never the other way round.
//
// Guarantee: what was not written whole, or does not sum to what its checkpoints say, is not read as if it
// were. Memory: a line, of at most 1 MB.
//
// Threads: one at a time.

#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/partition.h"
#include "base/result.h"
#include "store/count_store.h"

namespace wikiflow::store {

struct ArchiveHead {
  Identity identity{};
  bool by_partition = false;
  Checkpoints checkpoints{};
};

struct ArchiveRow {
  bool user = false;  // else a domain
  std::string_view key;
  std::uint64_t count = 0;
  Partition partition{};  // with by_partition: the count is that of its records
  Offset included{};      // below this offset
};

// Whether rows and checkpoints belong together.
class ArchiveSums {
 public:
  void add(const ArchiveHead& head, const ArchiveRow& row);

  // Rows may include more than their checkpoint, as in Cassandra while a consumer runs: of those partitions
  // all that is known is that they hold no less. Errors: bad_input.
  Result<void> check(const ArchiveHead& head) const;

  // A partition whose rows include more than its checkpoint.
  std::optional<Partition> ahead(const ArchiveHead& head) const;

  struct Kind {
    std::int64_t rows = 0;
    std::uint64_t sum = 0;
    bool operator==(const Kind&) const = default;
  };
  const Kind& domains() const { return domains_; }
  const Kind& users() const { return users_; }

 private:
  struct OfPartition {
    std::uint64_t sum = 0;
    Offset furthest{};
  };
  Kind domains_;
  Kind users_;
  std::map<Partition, OfPartition> partitions_;
};

class ArchiveWriter {
 public:
  // Neither is owned; both outlive the object.
  ArchiveWriter(std::ostream& out, const ArchiveHead& head);

  // Errors: fatal (the row is damaged; nothing can be written there).
  Result<void> add(const ArchiveRow& row);

  // Writes the last line, without which nobody reads the others. Errors: fatal (rows and checkpoints do not
  // belong together: the store is damaged; nothing can be written there).
  Result<void> finish();

 private:
  Result<void> pass_on();

  std::ostream& out_;
  const ArchiveHead& head_;
  std::string text_;
  ArchiveSums sums_;
};

class ArchiveReader {
 public:
  // Reads up to the rows. `in` is not owned. Errors: bad_input, naming the line.
  static Result<ArchiveReader> open(std::istream& in);

  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;
  ~ArchiveReader();

  const ArchiveHead& head() const { return head_; }
  const ArchiveSums& sums() const { return sums_; }

  // The next row, whose key is valid until the next call. Nothing at the end, once all is well. Errors:
  // bad_input, naming the line.
  Result<std::optional<ArchiveRow>> next();

 private:
  class Lines;
  explicit ArchiveReader(std::unique_ptr<Lines> lines);
  Result<void> read_head();
  Result<void> read_checkpoint();

  std::unique_ptr<Lines> lines_;
  ArchiveHead head_;
  ArchiveSums sums_;
};

}  // namespace wikiflow::store
