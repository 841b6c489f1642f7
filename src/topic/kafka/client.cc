#include "topic/kafka/client.h"

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "base/log.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::seconds kEndLimit{3};

}  // namespace

bool Client::keep_brokers(int known) {
  if (known > 0 || client_ == nullptr) return false;
  std::size_t size = 0;  // with the NUL at the end
  rd_kafka_conf_get(rd_kafka_conf(client_), "bootstrap.servers", nullptr, &size);
  std::string list(size, '\0');
  rd_kafka_conf_get(rd_kafka_conf(client_), "bootstrap.servers", list.data(), &size);
  log_warn("kafka", "the client has lost sight of all brokers; it is given the bootstrap list anew",
           {{"brokers", list.c_str()}});
  return rd_kafka_brokers_add(client_, list.c_str()) > 0;
}

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
