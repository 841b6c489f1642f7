#include "topic/kafka/partition_queue.h"

#include <algorithm>
#include <utility>

namespace wikiflow::topic::kafka {

PartitionQueue::PartitionQueue(rd_kafka_t* client, std::string topic, Partition partition, Rota& rota)
    : client_(client), topic_(std::move(topic)), partition_(partition), rota_(rota) {
  queue_.reset(rd_kafka_queue_get_partition(client_, topic_.c_str(), partition_.number));
  rd_kafka_queue_forward(queue_.get(), nullptr);
  rd_kafka_queue_cb_event_enable(queue_.get(), not_empty, this);
}

PartitionQueue::~PartitionQueue() { rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr); }

// Runs on librdkafka's threads under the queue's lock: Rota::wake() is all it may do.
void PartitionQueue::not_empty(rd_kafka_t* /*client*/, void* self) {
  auto* queue = static_cast<PartitionQueue*>(self);
  queue->rota_.wake(queue->partition_);
}

std::size_t PartitionQueue::take(std::span<rd_kafka_message_t*> messages) {
  const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data(), messages.size());
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

bool PartitionQueue::learn_bounds(int limit_ms) {
  if (end_known_) return true;
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto error =
      rd_kafka_query_watermark_offsets(client_, topic_.c_str(), partition_.number, &low, &high, limit_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  beginning_ = low;
  end_ = high;
  end_known_ = true;
  return true;
}

Progress PartitionQueue::progress() const {
  Progress progress{partition_, {}, {beginning_}, {end_}, end_known_};
  // What the last fetch said is newer, when there was one.
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (rd_kafka_get_watermark_offsets(client_, topic_.c_str(), partition_.number, &low, &high) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    progress.beginning.value = std::max(progress.beginning.value, low);
    progress.end.value = std::max(progress.end.value, high);
  }
  const std::int64_t position = next();
  progress.next.value = position < 0 ? progress.beginning.value : position;
  progress.end.value = std::max(progress.end.value, progress.next.value);
  return progress;
}

}  // namespace wikiflow::topic::kafka
