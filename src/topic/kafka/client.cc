#include "topic/kafka/client.h"

#include <chrono>
#include <future>
#include <thread>

#include "base/log.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::seconds kEndLimit{3};

}  // namespace

void Client::end() {
  if (client_ == nullptr) return;
  std::promise<void> ended;
  const auto done = ended.get_future();
  std::thread ending([client = std::exchange(client_, nullptr), contact = std::move(contact_),
                      promise = std::move(ended)]() mutable {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    contact.reset();
    promise.set_value();
  });
  if (done.wait_for(kEndLimit) == std::future_status::ready) {
    ending.join();
    return;
  }
  log_warn("kafka", "the broker does not answer; a client is left to end by itself");
  ending.detach();
}

}  // namespace wikiflow::topic::kafka
