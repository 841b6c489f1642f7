// Which of the records in flight are acknowledged, and how far that reaches without a gap.
//
// Acknowledgements come in order within a partition but not across partitions. A ring of bits, one for each
// record in flight, is all that is kept: marking is one OR, and the prefix moves a word at a time. Turned
// down: a set of sequence numbers (an allocation and a tree step for each record, where the whole send has
// less than 1 us).
//
// Bound: `capacity` records in flight; the sender asks has_room() first.
// Threads: mark() and advance() from one; the rest from any.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wikiflow::topic {

class AckWindow {
 public:
  // `capacity` is rounded up to a power of two, at least 64.
  explicit AckWindow(std::size_t capacity);

  std::size_t capacity() const { return words_.size() * kBits; }

  // Whether the record numbered `sequence`, counted from 0, may be sent now.
  bool has_room(std::uint64_t sequence) const { return sequence - prefix() < capacity(); }

  // Record `sequence` is acknowledged. It must have had room, and is marked once.
  void mark(std::uint64_t sequence);

  // Moves the prefix over what was marked and returns it.
  std::uint64_t advance();

  // How many records from the first are acknowledged, as of the last advance().
  std::uint64_t prefix() const { return prefix_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t kBits = 64;

  std::uint64_t& word_of(std::uint64_t sequence) { return words_[(sequence / kBits) & (words_.size() - 1)]; }

  std::vector<std::uint64_t> words_;
  std::atomic<std::uint64_t> prefix_{0};
};

}  // namespace wikiflow::topic
