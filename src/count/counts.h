// How often each key was seen, and views of it that stand still.
//
// Keys are kept once, append-only, numbered in the order of first sight; counts are in pages by that number.
// A view shares the pages: taking one copies a pointer per page (about 500 for a million keys), and a page is
// copied when it is next written. So a million keys can be rendered for as long as it takes while counting
// goes on, and all counts of a view are of the same instant. (Turned down: a lock per shard, which tears; a
// copy of the map, which stops counting for a tenth of a second at a million keys.)
//
// The index from key to number holds the numbers alone and looks keys up by them. (Turned down: keys in the
// index as well, which saves a look and costs 20 bytes a slot, of which there can be two to a key.)
//
// Memory: about 40 bytes and the key itself for each distinct key; bench/ has the figure.
// Threads: add() and view() from one at a time; a view may be read and destroyed anywhere.

#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <memory>
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
  std::string_view operator[](std::uint32_t number) const {
    return pages[number / kPageKeys]->keys[number % kPageKeys];
  }
};

// Of a key, or of the one that has a number.
struct KeyHash {
  using is_avalanching = void;  // std::hash of strings is murmur, which mixes well enough
  using is_transparent = void;
  const KeyStorage* storage;
  std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  std::size_t operator()(std::uint32_t number) const noexcept { return (*this)((*storage)[number]); }
};

// Each number has a key of its own.
struct KeyEqual {
  using is_transparent = void;
  const KeyStorage* storage;
  bool operator()(std::uint32_t a, std::uint32_t b) const noexcept { return a == b; }
  bool operator()(std::string_view a, std::uint32_t b) const noexcept { return a == (*storage)[b]; }
  bool operator()(std::uint32_t a, std::string_view b) const noexcept { return (*storage)[a] == b; }
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
  Counts();

  // Returns the key's number: its index in every view from now on.
  std::uint32_t add(std::string_view key, std::uint64_t n = 1);
  CountsView view();
  std::size_t size() const { return numbers_.size(); }
  // So many keys are about to come.
  void reserve(std::size_t keys) { numbers_.reserve(keys); }

 private:
  std::uint32_t number_of(std::string_view key);
  std::uint32_t insert(std::string_view key);

  std::shared_ptr<detail::KeyStorage> storage_;
  std::vector<std::shared_ptr<detail::CountPage>> pages_;
  boost::unordered_flat_set<std::uint32_t, detail::KeyHash, detail::KeyEqual> numbers_;
  std::uint64_t epoch_ = 0;  // views taken
};

// The `n` entries with the largest counts, largest first, equal counts by key.
std::vector<Entry> largest(const CountsView& view, std::size_t n);

}  // namespace wikiflow::count
