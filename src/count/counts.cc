#include "count/counts.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace wikiflow::count {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kAtOnce = 32;  // keys whose memory is waited for together
constexpr std::uint32_t kNone = UINT32_MAX;

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
}

void prefetch(const void* at) { __builtin_prefetch(at); }

bool before(const Entry& a, const Entry& b) { return a.count != b.count ? a.count > b.count : a.key < b.key; }

}  // namespace

std::string_view detail::KeyStorage::keep(std::string_view key) {
  if (blocks.empty() || block_size - block_used < key.size()) {
    block_size = std::max(kBlockBytes, key.size());
    blocks.emplace_back(new char[block_size]);
    block_used = 0;
  }
  char* const at = blocks.back().get() + block_used;
  std::memcpy(at, key.data(), key.size());
  block_used += key.size();
  return {at, key.size()};
}

std::uint32_t Counts::insert(std::string_view key, std::uint32_t hash) {
  const std::uint32_t number = size_++;
  if (number % detail::kPageKeys == 0) {
    storage_->pages.push_back(std::make_unique<detail::KeyPage>());
    pages_.push_back(std::make_shared<detail::CountPage>());
    pages_.back()->epoch = epoch_;
  }
  const std::string_view kept = storage_->keep(key);
  storage_->pages.back()->keys[number % detail::kPageKeys] = kept;
  if (!numbers_.try_emplace(hash, number).second) others_.emplace(kept, number);
  return number;
}

std::uint32_t Counts::number_of(std::string_view key, std::uint32_t hash) {
  const auto found = numbers_.find(hash);
  if (found == numbers_.end()) return insert(key, hash);
  if (storage_->at(found->second) == key) return found->second;
  const auto other = others_.find(key);
  return other != others_.end() ? other->second : insert(key, hash);
}

void Counts::count_up(std::uint32_t number, std::uint64_t n) {
  auto& page = pages_[number / detail::kPageKeys];
  if (page->epoch != epoch_) {
    page = std::make_shared<detail::CountPage>(*page);
    page->epoch = epoch_;
  }
  page->counts[number % detail::kPageKeys] += n;
}

std::uint32_t Counts::add(std::string_view key, std::uint64_t n) {
  const std::uint32_t number = number_of(key, hash_of(key));
  count_up(number, n);
  return number;
}

void Counts::add(std::span<const std::string_view> keys, std::span<std::uint32_t> numbers) {
  std::array<std::uint32_t, kAtOnce> hashes{};
  for (std::size_t begin = 0; begin < keys.size(); begin += kAtOnce) {
    const auto some = keys.subspan(begin, std::min(kAtOnce, keys.size() - begin));
    const auto found = numbers.subspan(begin, some.size());
    // Each step asks for what the next one looks at.
    for (std::size_t i = 0; i < some.size(); ++i) {
      hashes[i] = hash_of(some[i]);
      const auto at = numbers_.find(hashes[i]);
      found[i] = at != numbers_.end() ? at->second : kNone;
      if (found[i] != kNone) prefetch(&storage_->at(found[i]));
    }
    for (const std::uint32_t number : found) {
      if (number == kNone) continue;
      prefetch(storage_->at(number).data());
      prefetch(&pages_[number / detail::kPageKeys]->counts[number % detail::kPageKeys]);
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (found[i] == kNone || storage_->at(found[i]) != some[i]) found[i] = number_of(some[i], hashes[i]);
      count_up(found[i], 1);
    }
  }
}

CountsView Counts::view() {
  ++epoch_;
  CountsView view;
  view.storage_ = storage_;
  view.size_ = size_;
  view.key_pages_.reserve(storage_->pages.size());
  for (const auto& page : storage_->pages) view.key_pages_.push_back(page.get());
  view.count_pages_.assign(pages_.begin(), pages_.end());
  return view;
}

std::vector<Entry> largest(const CountsView& view, std::size_t n) {
  std::vector<Entry> top;
  top.reserve(std::min(n, view.size()) + 1);
  for (std::size_t i = 0; n > 0 && i < view.size(); ++i) {
    const Entry entry = view[i];
    if (top.size() == n) {
      if (!before(entry, top.front())) continue;
      std::pop_heap(top.begin(), top.end(), before);
      top.back() = entry;
    } else {
      top.push_back(entry);
    }
    std::push_heap(top.begin(), top.end(), before);
  }
  std::sort_heap(top.begin(), top.end(), before);
  return top;
}

}  // namespace wikiflow::count
