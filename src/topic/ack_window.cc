#include "topic/ack_window.h"

#include <algorithm>
#include <bit>

namespace wikiflow::topic {

AckWindow::AckWindow(std::size_t capacity)
    : words_(std::bit_ceil(std::max<std::size_t>(1, (capacity + kBits - 1) / kBits)), 0) {}

void AckWindow::mark(std::uint64_t sequence) { word_of(sequence) |= std::uint64_t{1} << (sequence % kBits); }

std::uint64_t AckWindow::advance() {
  std::uint64_t prefix = prefix_.load(std::memory_order_relaxed);
  for (;;) {
    std::uint64_t& word = word_of(prefix);
    const auto from = static_cast<int>(prefix % kBits);
    const int run = std::countr_one(word >> from);
    if (run == 0) break;
    const std::uint64_t ones =
        run == static_cast<int>(kBits) ? ~std::uint64_t{0} : (std::uint64_t{1} << run) - 1;
    word &= ~(ones << from);
    prefix += static_cast<std::uint64_t>(run);
    if (from + run < static_cast<int>(kBits)) break;
  }
  prefix_.store(prefix, std::memory_order_release);
  return prefix;
}

}  // namespace wikiflow::topic
