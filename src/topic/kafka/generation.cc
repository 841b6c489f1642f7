#include "topic/kafka/generation.h"

#include <algorithm>
#include <thread>

#include "topic/kafka/errors.h"
#include "topic/kafka/handle.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

using std::chrono::milliseconds;

Result<std::string> generation_of(rd_kafka_t* client, const std::string& topic, SteadyTime until) {
  const std::string doing = "cannot look up the id of topic '" + topic + "'";
  const char* name = topic.c_str();
  const TopicCollectionHandle topics(rd_kafka_TopicCollection_of_topic_names(&name, 1));
  const QueueHandle queue(rd_kafka_queue_new(client));
  for (;;) {
    const auto left =
        std::max(std::chrono::duration_cast<milliseconds>(until - steady_now()), milliseconds{1});
    const int limit = static_cast<int>(left.count());
    const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, nullptr, 0);
    rd_kafka_DescribeTopics(client, topics.get(), options.get(), queue.get());
    const EventHandle event(rd_kafka_queue_poll(queue.get(), limit));
    if (!event) return transient(doing + ": no answer in time");
    if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) return std::string(kUnknownGeneration);
      return error_of(error, doing, rd_kafka_event_error_string(event.get()));
    }
    std::size_t count = 0;
    const auto** described =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event.get()), &count);
    if (count != 1) return transient(doing + ": the broker did not answer for it");
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(described[0]);
    const auto code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto* id = rd_kafka_TopicDescription_topic_id(described[0]);
      const bool none = id == nullptr || (rd_kafka_Uuid_most_significant_bits(id) == 0 &&
                                          rd_kafka_Uuid_least_significant_bits(id) == 0);
      return none ? std::string(kUnknownGeneration) : rd_kafka_Uuid_base64str(id);
    }
    if (lasting(code)) return std::string(kUnknownGeneration);
    if (code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || steady_now() >= until) {
      return error_of(code, doing, rd_kafka_error_string(error));
    }
    std::this_thread::sleep_for(milliseconds{20});
  }
}

}  // namespace wikiflow::topic::kafka
