#include "topic/kafka/reach_watch.h"

#include <span>

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::milliseconds kEvery{1'000};
constexpr int kMetadataMs = 200;

}  // namespace

void ReachWatch::look(rd_kafka_t* client, rd_kafka_topic_t* topic, rd_kafka_queue_t* queue, SteadyTime now,
                      std::uint64_t acknowledged) {
  if (asked_ || now - last_ < kEvery) return;
  last_ = now;
  if (!ends_) find_partitions(client, topic);
  if (!ends_) return;
  asked_ = Reach{now, 0, acknowledged};
  // No limit of its own: a request that runs out of time would cost the connection, and with it the records.
  rd_kafka_ListOffsets(client, ends_.get(), nullptr, queue);
}

void ReachWatch::find_partitions(rd_kafka_t* client, rd_kafka_topic_t* topic) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client, 0, topic, &raw, kMetadataMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const MetadataHandle metadata(raw);
  if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0) return;
  const auto& found = metadata->topics[0];
  ends_.reset(rd_kafka_topic_partition_list_new(found.partition_cnt));
  for (int i = 0; i < found.partition_cnt; ++i) {
    rd_kafka_topic_partition_list_add(ends_.get(), found.topic, found.partitions[i].id)->offset =
        RD_KAFKA_OFFSET_SPEC_LATEST;
  }
}

void ReachWatch::answered(rd_kafka_event_t* event) {
  if (!asked_) return;
  Reach reach = *std::exchange(asked_, std::nullopt);
  const auto* const result = rd_kafka_event_ListOffsets_result(event);
  if (result == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  std::size_t count = 0;
  const auto* const* const infos = rd_kafka_ListOffsets_result_infos(result, &count);
  for (const auto* const info : std::span(infos, count)) {
    const rd_kafka_topic_partition_t* const end = rd_kafka_ListOffsetsResultInfo_topic_partition(info);
    if (end->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    reach.end += end->offset;
  }
  const std::lock_guard lock(mutex_);
  known_ = reach;
}

std::optional<Reach> ReachWatch::reach() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

}  // namespace wikiflow::topic::kafka
