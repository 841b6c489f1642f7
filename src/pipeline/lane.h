// One partition on its way into the counts: which records count, and the checkpoint that follows them.
//
// A lane that goes on from a checkpoint is given the records from one window before it. Those below the
// checkpoint are counted already and only tell what was seen; the last of them must be the record that the
// checkpoint remembers.
//
// Threads: one at a time.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/dedupe.h"
#include "store/count_store.h"
#include "topic/topic.h"

namespace wikiflow::pipeline {

class Lane {
 public:
  enum class Verdict { replayed, duplicate, counts };

  // `ids`: length of the dedupe window, in offsets of this partition.
  Lane(std::optional<store::Checkpoint> from, std::uint32_t ids);

  // To be told before the first record: what the log still has. Errors: fatal, when it does not hold what the
  // checkpoint goes on from.
  Result<void> log_reaches(Offset beginning, Offset end, Partition partition);

  // `batch` follows what came before. `ids`: of its records. Their verdicts replace `verdicts`. All at once,
  // so that the window's memory is waited for together. Errors: fatal, when the log is not the one that was
  // counted.
  Result<void> judge(const topic::Batch& batch, std::span<const std::optional<EventId>> ids,
                     std::vector<Verdict>& verdicts);

  // After a batch of which `counted` records went into the counts.
  const store::Checkpoint& passed(const topic::Batch& batch, std::uint64_t counted);

  const store::Checkpoint& checkpoint() const { return at_; }

 private:
  Result<void> check_last_counted(const topic::Record& record, Partition partition) const;
  void begin_counting(const topic::Record& first, Partition partition);

  const bool recovered_;
  const Offset from_;  // counting begins here
  const std::uint32_t ids_;
  DedupeWindow window_;
  store::Checkpoint at_;
  Offset beginning_;
  std::optional<Millis> first_time_;  // of the first record that was read
  bool counting_ = false;
};

// Where to read from, so that each partition's window is whole when its first record counts.
std::map<Partition, Offset> start_offsets(const store::Checkpoints& checkpoints, std::uint32_t ids);

}  // namespace wikiflow::pipeline
