#include "count/counts.h"

#include <algorithm>
#include <cstring>

namespace wikiflow::count {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;

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

Counts::Counts()
    : storage_(std::make_shared<detail::KeyStorage>()),
      numbers_(0, detail::KeyHash{storage_.get()}, detail::KeyEqual{storage_.get()}) {}

std::uint32_t Counts::insert(std::string_view key) {
  const auto number = static_cast<std::uint32_t>(numbers_.size());
  if (number % detail::kPageKeys == 0) {
    storage_->pages.push_back(std::make_unique<detail::KeyPage>());
    pages_.push_back(std::make_shared<detail::CountPage>());
    pages_.back()->epoch = epoch_;
  }
  storage_->pages.back()->keys[number % detail::kPageKeys] = storage_->keep(key);
  numbers_.insert(number);
  return number;
}

std::uint32_t Counts::number_of(std::string_view key) {
  const auto found = numbers_.find(key);
  return found != numbers_.end() ? *found : insert(key);
}

std::uint32_t Counts::add(std::string_view key, std::uint64_t n) {
  const std::uint32_t number = number_of(key);
  auto& page = pages_[number / detail::kPageKeys];
  if (page->epoch != epoch_) {
    page = std::make_shared<detail::CountPage>(*page);
    page->epoch = epoch_;
  }
  page->counts[number % detail::kPageKeys] += n;
  return number;
}

CountsView Counts::view() {
  ++epoch_;
  CountsView view;
  view.storage_ = storage_;
  view.size_ = numbers_.size();
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
