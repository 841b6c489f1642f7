#include "topic/kafka/header_pool.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace wikiflow::topic::kafka {
namespace {

bool is_empty(const rd_kafka_headers_t* list) {
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  return rd_kafka_header_get_all(list, 0, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

// Whether nothing but headers of these names was there.
bool remove(rd_kafka_headers_t* list, std::span<const Header> headers) {
  std::array<char, 64>
      name{};  // librdkafka wants a NUL behind it; a list with a longer name is not used again
  for (const Header& header : headers) {
    if (header.name.size() >= name.size()) return false;
    *std::copy(header.name.begin(), header.name.end(), name.begin()) = '\0';
    rd_kafka_header_remove(list, name.data());
  }
  return is_empty(list);
}

bool fill(rd_kafka_headers_t* list, std::span<const Header> headers) {
  for (const Header& header : headers) {
    const auto error = rd_kafka_header_add(list, header.name.data(), static_cast<ssize_t>(header.name.size()),
                                           header.value.data(), static_cast<ssize_t>(header.value.size()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  }
  return true;
}

}  // namespace

HeadersHandle HeaderPool::take(std::span<const Header> headers) {
  if (mine_.empty()) {
    const std::lock_guard lock(mutex_);
    mine_.swap(given_);
  }
  HeadersHandle list;
  if (!mine_.empty()) {
    list = std::move(mine_.back());
    mine_.pop_back();
  }
  if (!list || !remove(list.get(), headers)) list.reset(rd_kafka_headers_new(headers.size()));
  if (!fill(list.get(), headers)) list.reset();
  return list;
}

void HeaderPool::give(std::vector<HeadersHandle>& lists) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t room = bound_ - std::min(bound_, given_.size());
    const auto kept = lists.begin() + static_cast<std::ptrdiff_t>(std::min(room, lists.size()));
    given_.insert(given_.end(), std::make_move_iterator(lists.begin()), std::make_move_iterator(kept));
  }
  lists.clear();
}

std::size_t HeaderPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return given_.size();
}

}  // namespace wikiflow::topic::kafka
