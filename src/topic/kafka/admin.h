// Creating and checking topics. A client of its own, made for one use and dropped: it is needed at start
// only.

#pragma once

#include <chrono>
#include <string>

#include "topic/kafka/client.h"
#include "topic/kafka/contact.h"
#include "topic/kafka/handle.h"
#include "topic/kafka/kafka.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

class Admin {
 public:
  static Result<std::unique_ptr<Admin>> make(const KafkaOptions& options);

  // As Broker::ensure().
  Result<TopicState> ensure(const TopicSpec& spec, std::chrono::milliseconds limit);

  // 0: there is no such topic. Errors: transient when no broker answers within `limit`, fatal when not
  // authorised.
  Result<int> partitions(const std::string& topic, std::chrono::milliseconds limit);

 private:
  explicit Admin(const KafkaOptions& options);

  Result<void> create(const TopicSpec& spec, std::chrono::milliseconds limit);
  Result<int> await_partitions(const TopicSpec& spec, SteadyTime until);
  Result<void> check(const TopicSpec& spec, std::chrono::milliseconds limit, TopicState& state);
  tl::unexpected<Error> unreachable(const std::string& doing, rd_kafka_resp_err_t error);
  void take_errors();

  const KafkaOptions options_;
  const std::shared_ptr<Contact> contact_;
  Client client_;
  QueueHandle queue_;
};

}  // namespace wikiflow::topic::kafka
