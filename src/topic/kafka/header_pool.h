// Lists of headers whose records were delivered, to be filled again for other records.
//
// A list is two allocations and one more for each header. Made by the sender and freed by the thread that
// takes delivery reports, they were a fifth of the producer's CPU: malloc is slow where one thread frees what
// another allocates. A list that comes back is emptied and filled by the sender alone. (Turned down: writing
// new values over the old ones, which librdkafka declares const.)
//
// Bound: as many lists as records that can be in flight.
// Threads: take() and put_back() from the sender, give() from the thread that takes reports.

#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "topic/kafka/handle.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

class HeaderPool {
 public:
  explicit HeaderPool(std::size_t bound) : bound_(bound) {}

  // A list with these headers, in their order; nullptr when librdkafka refuses one.
  HeadersHandle take(std::span<const Header> headers);

  // The list was not sent.
  void put_back(HeadersHandle list) { mine_.push_back(std::move(list)); }

  // Takes over the lists of records that were delivered; `lists` is empty afterwards.
  void give(std::vector<HeadersHandle>& lists);

  // Lists given and not yet looked at by the sender.
  std::size_t waiting() const;

 private:
  const std::size_t bound_;
  std::vector<HeadersHandle> mine_;  // the sender's
  mutable std::mutex mutex_;
  std::vector<HeadersHandle> given_;
};

}  // namespace wikiflow::topic::kafka
