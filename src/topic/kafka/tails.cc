#include "topic/kafka/tails.h"

#include <algorithm>
#include <array>
#include <thread>

#include "topic/kafka/client.h"
#include "topic/kafka/config.h"
#include "topic/kafka/contact.h"
#include "topic/kafka/errors.h"
#include "topic/kafka/handle.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::chrono::milliseconds kLeaderWait{20};
constexpr std::size_t kAtOnce = 1'000;  // records taken from librdkafka's queue in one call

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using MessageHandle = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

std::vector<std::pair<std::string, std::string>> headers_of(const rd_kafka_message_t& message) {
  std::vector<std::pair<std::string, std::string>> all;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    all.emplace_back(name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size));
  }
  return all;
}

class TailReader {
 public:
  TailReader(std::string topic, std::chrono::milliseconds limit, const KafkaOptions& options)
      : topic_name_(std::move(topic)), limit_(limit), options_(options) {}

  // Partitions that are still being read when this ends are stopped, or the client would wait for them.
  ~TailReader() {
    for (std::size_t i = 0; i < tails_.size(); ++i) stop(i);
  }
  TailReader(const TailReader&) = delete;
  TailReader& operator=(const TailReader&) = delete;

  Result<std::vector<Tail>> read(int partitions, std::size_t records) {
    auto client = make_client(RD_KAFKA_CONSUMER, tail_settings(options_), contact_);
    if (!client) return tl::make_unexpected(client.error());
    client_ = std::move(*client);
    topic_.reset(rd_kafka_topic_new(client_.get(), topic_name_.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(client_.get()));
    for (std::int32_t i = 0; i < partitions; ++i) {
      if (auto begun = begin({i}, records); !begun) return tl::make_unexpected(begun.error());
    }
    while (reading_ > 0) {
      if (auto taken = take(); !taken) return tl::make_unexpected(taken.error());
    }
    return std::move(tails_);
  }

 private:
  std::string at(std::size_t partition) const {
    return "cannot read the end of topic '" + topic_name_ + "', partition " + std::to_string(partition);
  }

  tl::unexpected<Error> failed(const std::string& doing, rd_kafka_resp_err_t error) {
    const QueueHandle main(rd_kafka_queue_get_main(client_.get()));
    while (const EventHandle event{rd_kafka_queue_poll(main.get(), 0)}) {
      if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_ERROR) continue;
      contact_->error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
    }
    const auto trouble = contact_->trouble();
    return error_of(error, doing,
                    (trouble ? *trouble : rd_kafka_err2str(error)) + "; broker " + options_.bootstrap);
  }

  // Finds out how far the partition goes and begins to read its end.
  Result<void> begin(Partition partition, std::size_t records) {
    Tail tail{partition, {}, {}, {}};
    const auto index = static_cast<std::size_t>(partition.number);
    const auto ms = static_cast<int>(std::clamp<std::int64_t>(limit_.count(), 1, 600'000));
    const SteadyTime until = std::chrono::steady_clock::now() + limit_;
    auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (;;) {
      error = rd_kafka_query_watermark_offsets(client_.get(), topic_name_.c_str(), partition.number,
                                               &tail.beginning.value, &tail.end.value, ms);
      // Of a topic that was made a moment ago the leaders do not know yet that they are.
      const bool soon = error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                        error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
      if (!soon || std::chrono::steady_clock::now() >= until) break;
      std::this_thread::sleep_for(kLeaderWait);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(at(index), error);
    const auto most = static_cast<std::int64_t>(records);
    const std::int64_t from = std::max(tail.beginning.value, tail.end.value - most);
    const bool something = from < tail.end.value;
    tails_.push_back(std::move(tail));
    open_.push_back(false);
    if (!something) return {};
    if (rd_kafka_consume_start_queue(topic_.get(), partition.number, from, queue_.get()) != 0) {
      return failed(at(index), rd_kafka_last_error());
    }
    open_.back() = true;
    ++reading_;
    return {};
  }

  // Waits for one message and takes what came with it: a call for many waits until it has so many.
  Result<void> take() {
    const auto ms = static_cast<int>(std::clamp<std::int64_t>(limit_.count(), 1, 600'000));
    const MessageHandle first(rd_kafka_consume_queue(queue_.get(), ms));
    if (!first) {
      const auto waiting = std::ranges::find(open_, true) - open_.begin();
      return failed(at(static_cast<std::size_t>(waiting)), RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
    if (auto done = take(*first); !done) return done;
    std::array<rd_kafka_message_t*, kAtOnce> raw{};
    const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, raw.data(), raw.size());
    std::vector<MessageHandle> more;
    for (ssize_t i = 0; i < count; ++i) more.emplace_back(raw.at(static_cast<std::size_t>(i)));
    for (const MessageHandle& message : more) {
      if (auto done = take(*message); !done) return done;
    }
    return {};
  }

  Result<void> take(const rd_kafka_message_t& message) {
    const auto index = static_cast<std::size_t>(message.partition);
    if (index >= tails_.size() || !open_[index]) return {};
    Tail& tail = tails_[index];
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      stop(index);  // the broker left a hole at the end
      return {};
    }
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(at(index), message.err);
    if (message.offset < tail.end.value) {
      const Millis time = from_unix_ms(rd_kafka_message_timestamp(&message, nullptr));
      tail.records.push_back({{message.offset}, time, headers_of(message)});
    }
    if (message.offset + 1 >= tail.end.value) stop(index);
    return {};
  }

  void stop(std::size_t index) {
    if (index >= open_.size() || !open_[index]) return;
    open_[index] = false;
    --reading_;
    static_cast<void>(rd_kafka_consume_stop(topic_.get(), tails_[index].partition.number));
  }

  const std::string topic_name_;
  const std::chrono::milliseconds limit_;
  const KafkaOptions& options_;
  const std::shared_ptr<Contact> contact_ = std::make_shared<Contact>("reader of tails");
  Client client_;
  TopicHandle topic_;
  QueueHandle queue_;
  std::vector<Tail> tails_;
  std::vector<bool> open_;  // by partition: being read
  int reading_ = 0;         // how many of them
};

}  // namespace

Result<std::vector<Tail>> read_tails(const std::string& topic, int partitions,
                                     std::size_t records_per_partition, std::chrono::milliseconds limit,
                                     const KafkaOptions& options) {
  return TailReader(topic, limit, options).read(partitions, records_per_partition);
}

}  // namespace wikiflow::topic::kafka
