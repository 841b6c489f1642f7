// For tests: waits for a condition, not for a time.

#pragma once

#include <chrono>
#include <thread>

namespace wikiflow {

// True as soon as `condition()` is. False after `limit`, which only a broken test ever reaches.
template <typename Condition>
bool eventually(Condition&& condition, std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace wikiflow
