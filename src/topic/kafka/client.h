// A client of librdkafka, ended within bounds.
//
// Ending waits for requests in flight, which at a broker that has frozen is up to a minute: longer than a
// program that was asked to stop may take. So a thread of its own ends the client; after 3 s it is left to
// itself, and keeps alive what the client's callbacks touch.

#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <utility>

#include "topic/kafka/contact.h"

namespace wikiflow::topic::kafka {

class Client {
 public:
  Client() = default;
  // `contact` is told of every response, see make_client().
  Client(rd_kafka_t* client, std::shared_ptr<Contact> contact)
      : client_(client), contact_(std::move(contact)) {}
  ~Client() { end(); }
  Client(Client&& other) noexcept
      : client_(std::exchange(other.client_, nullptr)), contact_(std::move(other.contact_)) {}
  Client& operator=(Client&& other) noexcept {
    std::swap(client_, other.client_);
    std::swap(contact_, other.contact_);
    return *this;
  }

  rd_kafka_t* get() const { return client_; }

  // To be told how many brokers the client knows, as its statistics say. Where there are none, it is given
  // its bootstrap list anew, or it would never look for one again: librdkafka forgets a broker that the
  // cluster no longer names, and one that comes back after minutes can, for a moment, name nobody. When its
  // only connection breaks in the same moment, it takes the broker that it is about to forget for the one to
  // begin anew with (2.15.1). True when it was so.
  bool keep_brokers(int known);

  // Handles made from the client must be gone. A group is not left by this: whoever joined it leaves it
  // first.
  void end();

 private:
  rd_kafka_t* client_ = nullptr;
  std::shared_ptr<Contact> contact_;
};

}  // namespace wikiflow::topic::kafka
