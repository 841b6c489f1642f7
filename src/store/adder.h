// Items into totals, as every store with totals of its own adds them.
//
// Threads: one at a time.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "count/totals.h"
#include "store/count_store.h"

namespace wikiflow::store {

class Adder {
 public:
  // The numbers of the keys that were counted up, with repeats. Valid until the next add().
  struct Added {
    std::span<const std::uint32_t> domains;
    std::span<const std::uint32_t> users;
  };

  // Items below `from` are in the totals already.
  Added add(count::Totals& totals, std::span<const Item> items, Offset from);

 private:
  std::vector<std::uint32_t> domains_;
  std::vector<std::string_view> names_;
  std::vector<std::uint32_t> users_;
};

}  // namespace wikiflow::store
