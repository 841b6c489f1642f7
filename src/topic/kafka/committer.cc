#include "topic/kafka/committer.h"

#include <utility>

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::seconds kInterval{1};

}  // namespace

Committer::Committer(std::string topic, Metrics& metrics)
    : topic_(std::move(topic)),
      failures_(
          metrics.counter("wikiflow_commit_failures_total",
                          "Commits to the consumer group that failed. Only the lag that other tools show "
                          "suffers; look at the log for the cause.")) {}

void Committer::want(Partition partition, Offset next) {
  const std::lock_guard lock(mutex_);
  wanted_[partition] = next;
}

void Committer::drop(std::span<const Partition> partitions) {
  const std::lock_guard lock(mutex_);
  for (const Partition partition : partitions) wanted_.erase(partition);
}

Result<void> Committer::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  ++flushing_;
  const bool done = done_.wait_for(lock, limit, [this] { return wanted_.empty() && !sent_; });
  --flushing_;
  if (!done)
    return transient("commits to the group were not answered within " + std::to_string(limit.count()) +
                     " ms");
  return {};
}

bool Committer::idle() const {
  const std::lock_guard lock(mutex_);
  return wanted_.empty() && !sent_;
}

PartitionsHandle Committer::begin(bool now) {
  const std::lock_guard lock(mutex_);
  const auto time = std::chrono::steady_clock::now();
  if (sent_ || wanted_.empty() || (!now && flushing_ == 0 && time - last_ < kInterval)) return nullptr;
  PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(wanted_.size())));
  for (const auto& [partition, next] : wanted_) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.number)->offset = next.value;
  }
  wanted_.clear();
  sent_ = true;
  last_ = time;
  return list;
}

void Committer::send(rd_kafka_t* client, rd_kafka_queue_t* queue, bool now) {
  const auto list = begin(now);
  if (!list) return;
  const auto error = rd_kafka_commit_queue(client, list.get(), queue, nullptr, nullptr);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  failed(rd_kafka_err2str(error));
}

void Committer::answered(rd_kafka_event_t* event) {
  const auto error = rd_kafka_event_error(event);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    failed(rd_kafka_err2str(error));
    return;
  }
  const std::lock_guard lock(mutex_);
  sent_ = false;
  done_.notify_all();
}

void Committer::failed(const std::string& why) {
  failures_.Increment();
  if (const auto held = log_limit_.allow(std::chrono::steady_clock::now())) {
    log_warn("kafka", "a commit to the group failed",
             {{"topic", topic_}, {"cause", why}, {"held_back", std::to_string(*held)}});
  }
  const std::lock_guard lock(mutex_);
  sent_ = false;
  done_.notify_all();
}

}  // namespace wikiflow::topic::kafka
