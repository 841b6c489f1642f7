#include "topic/kafka/client.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "base/log.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::seconds kEndLimit{3};
constexpr std::chrono::seconds kAloneLimit{10};
constexpr std::chrono::minutes kLongestPause{10};

}  // namespace

bool Client::keep_brokers(int known, int connected, SteadyTime now) {
  if (client_ == nullptr) return false;
  if (connected > 0) {
    alone_.reset();
    return false;
  }
  if (!alone_) alone_ = {now, now + kAloneLimit};
  if (known > 0 && now < alone_->next_list) return false;
  alone_->next_list = now + std::clamp<SteadyTime::duration>(now - alone_->since, kAloneLimit, kLongestPause);
  std::size_t size = 0;  // with the NUL at the end
  rd_kafka_conf_get(rd_kafka_conf(client_), "bootstrap.servers", nullptr, &size);
  std::string list(size, '\0');
  rd_kafka_conf_get(rd_kafka_conf(client_), "bootstrap.servers", list.data(), &size);
  log_info("kafka", "connected to no broker; the client is given the bootstrap list anew",
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
