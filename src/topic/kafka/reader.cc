#include "topic/kafka/reader.h"

#include <pthread.h>

#include <algorithm>

#include "topic/kafka/config.h"
#include "topic/kafka/errors.h"

namespace wikiflow::topic::kafka {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kBoundsLimit{5};

}  // namespace

// Behind a batch: the messages that its records point into.
class KafkaReader::Lease final : public Batch::Lease {
 public:
  Lease(KafkaReader& reader, Rota::Turn turn) : reader_(reader), turn_(turn), buffers_(reader.buffers()) {}

  ~Lease() override {
    for (rd_kafka_message_t* message : buffers_->messages) rd_kafka_message_destroy(message);
    reader_.give_back(std::move(buffers_));
    reader_.rota_.give_back(turn_, more_);
  }

  // librdkafka makes a list of a message's headers when they are asked for. One list lives at a time, in
  // memory that the next one gets again, rather than one in each message until all are given back.
  std::optional<std::string_view> header(const Record& record, std::string_view name) const override {
    if (record.handle != headers_of_) {
      headers_.reset();
      headers_of_ = record.handle;
      auto* message = static_cast<rd_kafka_message_t*>(const_cast<void*>(record.handle));
      rd_kafka_headers_t* headers = nullptr;
      if (rd_kafka_message_detach_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers_.reset(headers);
    }
    const void* value = nullptr;
    std::size_t size = 0;
    if (!headers_ || rd_kafka_header_get_last(headers_.get(), std::string(name).c_str(), &value, &size) !=
                         RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::nullopt;
    }
    return std::string_view(static_cast<const char*>(value), size);
  }

  // Room for so many messages; the caller says afterwards how many came.
  std::span<rd_kafka_message_t*> room(std::size_t count) {
    buffers_->messages.resize(count);
    return buffers_->messages;
  }
  FetchBuffers& filled(std::size_t count, bool more) {
    buffers_->messages.resize(count);
    more_ = more;
    return *buffers_;
  }

 private:
  KafkaReader& reader_;
  const Rota::Turn turn_;
  bool more_ = false;
  std::unique_ptr<FetchBuffers> buffers_;
  mutable HeadersHandle headers_;
  mutable const void* headers_of_ = nullptr;
};

Result<std::unique_ptr<Reader>> KafkaReader::make(const std::string& topic, int partitions,
                                                  const KafkaOptions& options, const ReaderOptions& reader,
                                                  Metrics& metrics) {
  if (reader.batches_in_work < 1 || reader.max_batch_records < 1) {
    return bad_input("a reader needs at least one batch in work, of at least one record");
  }
  std::unique_ptr<KafkaReader> made(new KafkaReader(topic, partitions, reader, metrics));
  auto client = make_client(RD_KAFKA_CONSUMER, reader_settings(options, reader, partitions), made->contact_);
  if (!client) return tl::make_unexpected(client.error());
  made->client_ = std::move(*client);
  const auto positions = made->first_positions();
  if (!positions) return tl::make_unexpected(positions.error());
  made->start(*positions);
  return made;
}

KafkaReader::KafkaReader(const std::string& topic, int partitions, const ReaderOptions& reader,
                         Metrics& metrics)
    : topic_(topic),
      partitions_at_start_(partitions),
      options_(reader),
      contact_(std::make_shared<Contact>("reader of " + topic)),
      rota_(reader.batches_in_work,
            metrics.gauge(
                "wikiflow_batches_in_work",
                "Fetched batches that are being worked on; at most wikiflow_batches_in_work_limit. When it "
                "stays at the limit, counting is slower than reading.")),
      committer_(topic, metrics),
      gauges_(metrics, reader.idle ? "member" : "reader") {
  metrics
      .gauge("wikiflow_batches_in_work_limit",
             "The bound of wikiflow_batches_in_work (MAX_CONCURRENT_FETCHES).")
      .Set(reader.batches_in_work);
}

Result<std::map<Partition, Offset>> KafkaReader::first_positions() {
  std::map<Partition, Offset> positions;
  for (std::int32_t i = 0; i < partitions_at_start_; ++i) positions[{i}] = {kFromBeginning};
  const SteadyTime until = steady_now() + kBoundsLimit;
  for (const auto& [partition, offset] : options_.start) {
    const auto position = positions.find(partition);
    if (position == positions.end()) continue;
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - steady_now()), milliseconds{1});
    const auto error = rd_kafka_query_watermark_offsets(client_.get(), topic_.c_str(), partition.number, &low,
                                                        &high, static_cast<int>(left.count()));
    const std::string where = "topic '" + topic_ + "', partition " + std::to_string(partition.number) + ": ";
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return transient(where + "cannot ask where its log begins: " + rd_kafka_err2str(error));
    }
    if (offset.value > high) {
      return fatal(where + "there is no offset " + std::to_string(offset.value) + "; the log ends at " +
                   std::to_string(high) + ". It is not the one it was; start again from the beginning");
    }
    position->second.value = std::max(low, offset.value);
  }
  return positions;
}

void KafkaReader::start(const std::map<Partition, Offset>& positions) {
  rd_kafka_poll_set_consumer(client_.get());
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  if (options_.listener == nullptr) {
    begin(std::vector<std::pair<Partition, Offset>>(positions.begin(), positions.end()), false);
  } else {
    const PartitionsHandle topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(client_.get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      fail(error_of(error, "cannot subscribe to topic '" + topic_ + "'", rd_kafka_err2str(error)).value());
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "topic-reader");
}

KafkaReader::~KafkaReader() {
  rota_.close();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  rd_kafka_queue_yield(queue_.get());
  thread_.join();
  queues_.clear();
  queue_.reset();
}

std::optional<Error> KafkaReader::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void KafkaReader::fail(Error error) {
  contact_->failed(error.what);
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  rota_.close();
}

std::shared_ptr<PartitionQueue> KafkaReader::queue_of(Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = queues_.find(partition);
  return found == queues_.end() ? nullptr : found->second;
}

Result<std::optional<Batch>> KafkaReader::next(milliseconds wait, std::stop_token stop) {
  const SteadyTime until = steady_now() + std::min<milliseconds>(wait, std::chrono::hours{1});
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_now());
    const auto turn = rota_.take(std::max(left, milliseconds{0}), stop);
    if (!turn) {
      if (auto error = failure()) return tl::make_unexpected(std::move(*error));
      return std::nullopt;
    }
    const auto queue = queue_of(turn->partition);
    if (!queue) {
      rota_.give_back(*turn, false);
      continue;
    }
    if (auto batch = fetch(*turn, *queue)) return batch;
  }
}

std::optional<Batch> KafkaReader::fetch(Rota::Turn turn, PartitionQueue& queue) {
  auto lease = std::make_unique<Lease>(*this, turn);
  const auto messages = lease->room(options_.max_batch_records);
  const std::size_t count = queue.take(messages);
  std::size_t good = 0;
  for (std::size_t i = 0; i < count; ++i) {
    rd_kafka_message_t* message = messages[i];
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) [[likely]] {
      messages[good++] = message;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Where control records end the log, this is past the last record.
      if (good == 0) queue.moved_to(message->offset);
    } else {
      take_partition_error(message->err, rd_kafka_message_errstr(message), queue.partition());
    }
    rd_kafka_message_destroy(message);
  }
  FetchBuffers& buffers = lease->filled(good, count == options_.max_batch_records);
  if (good == 0) return std::nullopt;
  buffers.records.clear();
  for (const rd_kafka_message_t* message : buffers.messages) {
    buffers.records.push_back({std::string_view(static_cast<const char*>(message->key), message->key_len),
                               std::string_view(static_cast<const char*>(message->payload), message->len),
                               Offset{message->offset},
                               from_unix_ms(rd_kafka_message_timestamp(message, nullptr)), message});
  }
  const Offset next{buffers.records.back().offset.value + 1};
  queue.moved_to(next.value);
  const std::int32_t epoch = rd_kafka_message_leader_epoch(buffers.messages.back());
  return Batch(turn.partition, buffers.records, next, std::move(lease), epoch);
}

std::unique_ptr<FetchBuffers> KafkaReader::buffers() {
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      auto used_before = std::move(spare_.back());
      spare_.pop_back();
      return used_before;
    }
  }
  auto fresh = std::make_unique<FetchBuffers>();
  fresh->messages.reserve(options_.max_batch_records);
  fresh->records.reserve(options_.max_batch_records);
  return fresh;
}

void KafkaReader::give_back(std::unique_ptr<FetchBuffers> buffers) {
  buffers->messages.clear();
  const std::lock_guard lock(mutex_);
  if (spare_.size() < static_cast<std::size_t>(options_.batches_in_work))
    spare_.push_back(std::move(buffers));
}

Result<void> KafkaReader::flush_commits(milliseconds limit) {
  rd_kafka_queue_yield(queue_.get());
  return committer_.flush(limit);
}

std::vector<Progress> KafkaReader::progress() const {
  std::vector<std::shared_ptr<PartitionQueue>> queues;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, queue] : queues_) queues.push_back(queue);
  }
  std::vector<Progress> all;
  for (const auto& queue : queues) all.push_back(queue->progress());
  return all;
}

void KafkaReader::take_partition_error(rd_kafka_resp_err_t error, const std::string& text,
                                       Partition partition) {
  const std::string what =
      "topic '" + topic_ + "', partition " + std::to_string(partition.number) + ": " + text;
  if (unreadable(error)) {
    fail({ErrorKind::fatal, what + ". Records that cannot be read are not passed over"});
    return;
  }
  take_error(error, text, what);
}

void KafkaReader::take_error(rd_kafka_resp_err_t error, const std::string& text, const std::string& what) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      fail({ErrorKind::fatal, what + ". " + position_lost(text)});
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID: {
      // A broker that is starting says so too: look_for_topic() decides.
      const std::lock_guard lock(mutex_);
      if (!missing_since_) missing_since_ = steady_now();
      return;
    }
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      if (options_.listener != nullptr) break;
      // Reading goes on without the group, which only shows lag.
      if (const auto held = error_log_.allow(steady_now())) {
        log_warn("kafka", "nothing can be committed",
                 {{"cause", what}, {"held_back", std::to_string(*held)}});
      }
      return;
    default:
      break;
  }
  if (lasting(error)) {
    fail({ErrorKind::fatal, what});
    return;
  }
  contact_->error(error, text);
  if (severe(error) || error == RD_KAFKA_RESP_ERR__TRANSPORT) return;  // Contact logs when it begins
  if (const auto held = error_log_.allow(steady_now())) {
    log_warn("kafka", "reading was disturbed", {{"cause", what}, {"held_back", std::to_string(*held)}});
  }
}

}  // namespace wikiflow::topic::kafka
