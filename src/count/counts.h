// How often each key was seen, and views of it that stand still.
//
// Keys are kept once, append-only, numbered in the order of first sight; counts are in pages by that number.
// A view shares the pages: taking one copies a pointer per page (about 500 for a million keys), and a page is
// copied when it is next written. So a million keys can be rendered for as long as it takes while counting
// goes on, and all counts of a view are of the same instant. (Turned down: a lock per shard, which tears; a
// copy of the map, which stops counting for a tenth of a second at a million keys.)
//
// The index goes from a hash of 32 bits to a number, 8 bytes a slot, and the key of that number is compared.
// (Turned down: keys in the index, which costs 16 bytes more a slot, of which there can be two to a key.)
//
// Memory: about 40 bytes and the key itself for each distinct key; bench/ has the figure.
// Threads: add() and view() from one at a time; a view may be read and destroyed anywhere.

#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace wikiflow::count {

struct Entry {
  std::string_view key;
  std::uint64_t count = 0;
};

namespace detail {

inline constexpr std::size_t kPageKeys = 2048;

struct KeyPage {
  std::array<std::string_view, kPageKeys> keys;
};

struct CountPage {
  std::uint64_t epoch = 0;  // of the view before which it was last known to be unshared
  std::array<std::uint64_t, kPageKeys> counts{};
};

// Key pages and the bytes behind them. Entries below a view's size are never written again.
struct KeyStorage {
  std::vector<std::unique_ptr<KeyPage>> pages;
  std::vector<std::unique_ptr<char[]>> blocks;
  std::size_t block_used = 0;
  std::size_t block_size = 0;

  std::string_view keep(std::string_view key);
  const std::string_view& at(std::uint32_t number) const {
    return pages[number / kPageKeys]->keys[number % kPageKeys];
  }
};

// The index's own hash of a hash: it wants all 64 bits to vary.
struct Spread {
  using is_avalanching = void;
  std::size_t operator()(std::uint32_t hash) const noexcept { return hash * 0x9E37'79B9'7F4A'7C15ULL; }
};

}  // namespace detail

class CountsView {
 public:
  CountsView() = default;

  std::size_t size() const { return size_; }
  Entry operator[](std::size_t i) const {
    return {key_pages_[i / detail::kPageKeys]->keys[i % detail::kPageKeys],
            count_pages_[i / detail::kPageKeys]->counts[i % detail::kPageKeys]};
  }

 private:
  friend class Counts;
  std::shared_ptr<const detail::KeyStorage> storage_;  // keeps the keys alive
  std::vector<const detail::KeyPage*> key_pages_;
  std::vector<std::shared_ptr<const detail::CountPage>> count_pages_;
  std::size_t size_ = 0;
};

class Counts {
 public:
  // Returns the key's number: its index in every view from now on.
  std::uint32_t add(std::string_view key, std::uint64_t n = 1);
  // add() of each, and their numbers into `numbers`, which is as long. Faster where the keys do not fit into
  // the processor's cache, for they are then waited for together.
  void add(std::span<const std::string_view> keys, std::span<std::uint32_t> numbers);
  CountsView view();
  std::size_t size() const { return size_; }
  // So many keys are about to come.
  void reserve(std::size_t keys) { numbers_.reserve(keys); }

 private:
  std::uint32_t number_of(std::string_view key, std::uint32_t hash);
  std::uint32_t insert(std::string_view key, std::uint32_t hash);
  void count_up(std::uint32_t number, std::uint64_t n);

  std::shared_ptr<detail::KeyStorage> storage_ = std::make_shared<detail::KeyStorage>();
  std::vector<std::shared_ptr<detail::CountPage>> pages_;
  // The key that was first to have a hash; the few that come later with the same one are in `others_`.
  boost::unordered_flat_map<std::uint32_t, std::uint32_t, detail::Spread> numbers_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> others_;
  std::uint32_t size_ = 0;
  std::uint64_t epoch_ = 0;  // views taken
};

// The `n` entries with the largest counts, largest first, equal counts by key.
std::vector<Entry> largest(const CountsView& view, std::size_t n);

}  // namespace wikiflow::count
