#include "base/backoff.h"

#include <algorithm>

namespace wikiflow {

std::chrono::milliseconds Backoff::ceiling() const {
  auto ceiling = first_;
  for (unsigned i = 0; i < tries_ && ceiling < cap_; ++i) ceiling *= 2;
  return std::min(ceiling, cap_);
}

std::chrono::milliseconds Backoff::next() {
  std::uniform_int_distribution<std::int64_t> draw(0, ceiling().count());
  const std::chrono::milliseconds wait{draw(random_)};
  if (ceiling() < cap_) ++tries_;
  return wait;
}

void Backoff::to_cap() {
  while (ceiling() < cap_) ++tries_;
}

}  // namespace wikiflow
