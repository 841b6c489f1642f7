// A client of librdkafka, ended within bounds.
//
// Ending waits for requests in flight, which at a broker that has frozen is up to a minute: longer than a
// program that was asked to stop may take. So a thread of its own ends the client; after 3 s it is left to
// itself, and keeps alive what the client's callbacks touch.

#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/time.h"
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
      : client_(std::exchange(other.client_, nullptr)),
        contact_(std::move(other.contact_)),
        alone_(other.alone_) {}
  Client& operator=(Client&& other) noexcept {
    std::swap(client_, other.client_);
    std::swap(contact_, other.contact_);
    std::swap(alone_, other.alone_);
    return *this;
  }

  rd_kafka_t* get() const { return client_; }

  // To be told now and then how many brokers the client knows, and to how many of them it is connected, as
  // its statistics say. When there are none, or it has been connected to none for 10 s, it is given its
  // bootstrap list anew; while that lasts again after 10 s, 20 s and so on, up to 10 min, as it remembers
  // each list. librdkafka forgets a broker that the cluster no longer names, and one that comes back after
  // minutes can, for a moment, name nobody. When its only connection breaks in the same moment, it takes the
  // broker that it is about to forget for the one to begin anew with, and is left without any, or with one
  // that it does not connect to (2.15.1). True when the list was given.
  bool keep_brokers(int known, int connected, SteadyTime now);

  // Handles made from the client must be gone. A group is not left by this: whoever joined it leaves it
  // first.
  void end();

 private:
  struct Alone {  // connected to no broker
    SteadyTime since;
    SteadyTime next_list;
  };

  rd_kafka_t* client_ = nullptr;
  std::shared_ptr<Contact> contact_;
  std::optional<Alone> alone_;
};

}  // namespace wikiflow::topic::kafka
