#include "topic/kafka/writer.h"

#include <pthread.h>

#include <array>

#include "base/log.h"
#include "topic/kafka/config.h"
#include "topic/kafka/errors.h"

namespace wikiflow::topic::kafka {
namespace {

constexpr std::size_t kBatchBytes = 524'288;  // batch.size in writer_settings()
constexpr int kReportsMs = 250;
constexpr int kProbeMs = 1'000;
constexpr std::chrono::milliseconds kLastFlush{1'000};
constexpr const char* kWoken =
    "this process stood still for so long that others may have written what it was to write";

void* opaque_of(std::uint64_t sequence) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(sequence));
}
std::uint64_t sequence_of(const rd_kafka_message_t& message) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(message._private));
}

}  // namespace

bool too_large(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE;
}

DeliveryFailure classify(rd_kafka_resp_err_t error, std::size_t size, std::size_t batch_bytes) {
  // Only a record that is a batch of its own can be refused alone; in a batch, its neighbours were dropped
  // with it.
  return too_large(error) && size >= batch_bytes ? DeliveryFailure::refused : DeliveryFailure::fatal;
}

Result<std::unique_ptr<Writer>> KafkaWriter::make(const std::string& topic, const KafkaOptions& options,
                                                  Metrics& metrics,
                                                  std::shared_ptr<std::atomic<bool>> one_by_one) {
  std::unique_ptr<KafkaWriter> writer(new KafkaWriter(topic, options, metrics, std::move(one_by_one)));
  auto client = make_client(RD_KAFKA_PRODUCER, writer_settings(options, writer->alone_), writer->contact_);
  if (!client) return tl::make_unexpected(client.error());
  writer->client_ = std::move(*client);
  writer->topic_.reset(rd_kafka_topic_new(writer->client_.get(), topic.c_str(), nullptr));
  if (!writer->topic_) return bad_input("'" + topic + "' is not a topic's name");
  writer->start();
  return writer;
}

KafkaWriter::KafkaWriter(const std::string& topic, const KafkaOptions& options, Metrics& metrics,
                         std::shared_ptr<std::atomic<bool>> one_by_one)
    : topic_name_(topic),
      options_(options),
      one_by_one_(std::move(one_by_one)),
      contact_(std::make_shared<Contact>("writer of " + topic)),
      acks_(options.max_in_flight_records),
      headers_(acks_.capacity()),
      in_flight_(
          metrics.gauge("wikiflow_topic_in_flight_records",
                        "Records sent and not yet acknowledged; at the limit the source is not read. When it "
                        "stays there, the broker is away or slow.",
                        {{"topic", topic}})),
      waits_(metrics.counter("wikiflow_topic_send_waits_total",
                             "How often sending had to wait because too much was in flight; see "
                             "wikiflow_topic_in_flight_records.",
                             {{"topic", topic}})),
      refusals_(
          metrics.counter("wikiflow_topic_refused_records_total",
                          "Records that the broker refused for good. Each is in the log as ERROR; raise the "
                          "topic's max.message.bytes.",
                          {{"topic", topic}})),
      gauges_(metrics, "writer"),
      stall_watch_(options.stall_limit) {
  metrics
      .gauge("wikiflow_topic_in_flight_records_limit", "The bound of wikiflow_topic_in_flight_records.",
             {{"topic", topic}})
      .Set(static_cast<double>(acks_.capacity()));
}

void KafkaWriter::start() {
  queue_.reset(rd_kafka_queue_get_main(client_.get()));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "topic-writer");
}

KafkaWriter::~KafkaWriter() {
  if (!thread_.joinable()) return;
  static_cast<void>(flush(kLastFlush));
  thread_.request_stop();
  rd_kafka_queue_yield(queue_.get());
  thread_.join();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  in_flight_.Set(0);
  queue_.reset();
  topic_.reset();
}

Result<void> KafkaWriter::send(const OutRecord& record, std::stop_token stop) {
  const std::size_t size = record.key.size() + record.value.size();
  if (size > options_.max_record_bytes) {
    return bad_input("a record of " + std::to_string(size) + " bytes for topic '" + topic_name_ +
                     "' is larger than the " + std::to_string(options_.max_record_bytes) +
                     " that are allowed");
  }
  for (;;) {
    if (failed_.load(std::memory_order_relaxed)) return tl::make_unexpected(failure());
    if (stall_watch_.overdue(StallWatch::now())) {
      fail(kWoken);
      give_up_in_flight();
      continue;
    }
    const std::uint64_t prefix = acks_.prefix();
    if (taken_ - prefix < acks_.capacity() && !stalled_.load(std::memory_order_relaxed)) {
      // Before producing: the report may be served before produce() returns.
      taken_seen_.store(taken_ + 1, std::memory_order_relaxed);
      const rd_kafka_resp_err_t error = produce(record, taken_);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++taken_;
        return {};
      }
      taken_seen_.store(taken_, std::memory_order_relaxed);
      if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return bad_input("a record of " + std::to_string(size) + " bytes with its headers for topic '" +
                         topic_name_ + "' is larger than librdkafka's message.max.bytes");
      }
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fail("cannot send to topic '" + topic_name_ + "': " + rd_kafka_err2str(error));
        continue;
      }
    }
    if (auto waited = wait_for_progress(prefix, stop); !waited) return waited;
  }
}

rd_kafka_resp_err_t KafkaWriter::produce(const OutRecord& record, std::uint64_t sequence) {
  if (!record.headers.empty()) return produce_with_headers(record, opaque_of(sequence));
  // MSG_F_COPY: librdkafka does not write through the pointers.
  const int failed = rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                      const_cast<char*>(record.value.data()), record.value.size(),
                                      record.key.empty() ? nullptr : record.key.data(), record.key.size(),
                                      opaque_of(sequence));
  return failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

rd_kafka_resp_err_t KafkaWriter::produce_with_headers(const OutRecord& record, void* opaque) {
  HeadersHandle headers = headers_.take(record.headers);
  if (!headers) return RD_KAFKA_RESP_ERR__INVALID_ARG;
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic_.get();
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_KEY;
  parts[3].u.mem = {record.key.empty() ? nullptr : const_cast<char*>(record.key.data()), record.key.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = headers.get();
  parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[5].u.ptr = opaque;
  const ErrorHandle failed(rd_kafka_produceva(client_.get(), parts.data(), parts.size()));
  if (failed) {
    headers_.put_back(std::move(headers));
    return rd_kafka_error_code(failed.get());
  }
  static_cast<void>(headers.release());  // the message has taken them
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<void> KafkaWriter::wait_for_progress(std::uint64_t prefix, const std::stop_token& stop) {
  waits_.Increment();
  std::unique_lock lock(mutex_);
  ++waiting_;
  // Waking up for each acknowledged record would cost more than the record.
  const std::uint64_t enough = prefix + (taken_ - prefix + 3) / 4;
  const bool moved =
      moved_.wait(lock, stop, [&] { return failed_ || (!stalled_ && acks_.prefix() >= enough); });
  --waiting_;
  if (!moved) return transient("stopped while topic '" + topic_name_ + "' took no more records");
  return {};
}

Result<void> KafkaWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool done = moved_.wait_for(lock, limit, [this] { return failed_ || acks_.prefix() == taken_; });
  --waiting_;
  if (failed_) return fatal(failure_);
  if (!done) {
    const auto why = trouble();
    return transient(std::to_string(taken_ - acks_.prefix()) + " records for topic '" + topic_name_ +
                     "' are not acknowledged after " + std::to_string(limit.count()) + " ms" +
                     (why ? ": " + *why : ""));
  }
  return {};
}

Result<std::optional<Reach>> KafkaWriter::reach() const {
  if (failed_.load(std::memory_order_relaxed)) return tl::make_unexpected(failure());
  return reach_watch_.reach();
}

std::vector<RefusedRecord> KafkaWriter::take_refused() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refused_records_, {});
}

Error KafkaWriter::failure() const {
  const std::lock_guard lock(mutex_);
  return {ErrorKind::fatal, failure_};
}

void KafkaWriter::run(const std::stop_token& stop) {
  look_around();  // its caller may wait for how far the topic reaches
  while (!stop.stop_requested()) {
    const EventHandle event(rd_kafka_queue_poll(queue_.get(), kReportsMs));
    if (event) serve(event.get());
    look_around();
  }
}

void KafkaWriter::serve(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
      take_reports(event);
      break;
    case RD_KAFKA_EVENT_ERROR:
      take_error(event);
      break;
    case RD_KAFKA_EVENT_LISTOFFSETS_RESULT:
      reach_watch_.answered(event);
      break;
    case RD_KAFKA_EVENT_STATS:
      take_statistics(rd_kafka_event_stats(event));
      break;
    default:
      break;
  }
}

void KafkaWriter::take_statistics(const char* json) {
  const auto statistics = parse_statistics(json);
  if (!statistics) return;
  gauges_.show(*statistics);
  client_.keep_brokers(statistics->brokers, statistics->connected, steady_now());
}

void KafkaWriter::take_reports(rd_kafka_event_t* event) {
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (stalled_) continue;  // given up
      not_delivered(*message);
      if (failed_ || stalled_) continue;  // the prefix ends before it
    }
    ++acknowledged_;
    acks_.mark(sequence_of(*message));
    keep_headers(*message);
  }
  acks_.advance();
  headers_.give(delivered_);
  wake_senders();
}

void KafkaWriter::keep_headers(const rd_kafka_message_t& message) {
  // The record is done with and its event still ours; librdkafka hands reports out as const all the same.
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_detach_headers(const_cast<rd_kafka_message_t*>(&message), &list) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivered_.emplace_back(list);
  }
}

void KafkaWriter::not_delivered(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) return stall();
  const std::size_t size = message.len + message.key_len;
  const std::string why = rd_kafka_err2str(message.err);
  if (classify(message.err, size, alone_ ? 0 : kBatchBytes) == DeliveryFailure::refused) {
    {
      const std::lock_guard lock(mutex_);
      refused_records_.push_back(
          {sequence_of(message), std::string(static_cast<const char*>(message.payload), message.len), why});
    }
    ++refused_;
    refusals_.Increment();
    log_error("kafka", "the broker refused a record for good",
              {{"topic", topic_name_}, {"bytes", std::to_string(size)}, {"cause", why}});
    return;
  }
  if (too_large(message.err) && !one_by_one_->exchange(true)) {
    log_warn("kafka",
             "a batch is larger than the topic takes: records are sent one by one until this process ends, "
             "which is slower; raise the topic's max.message.bytes",
             {{"topic", topic_name_}});
  }
  fail("a record for topic '" + topic_name_ + "' was not delivered: " + why);
}

void KafkaWriter::take_error(rd_kafka_event_t* event) {
  const auto code = rd_kafka_event_error(event);
  const std::string text = rd_kafka_event_error_string(event);
  if (rd_kafka_event_error_is_fatal(event) != 0) {
    fail("the Kafka client failed for topic '" + topic_name_ + "': " + text);
    return;
  }
  contact_->error(code, text);
}

void KafkaWriter::fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    failure_ = why;
    failed_ = true;
  }
  contact_->failed(why);
  moved_.notify_all();
}

void KafkaWriter::wake_senders() {
  // A read-modify-write, so that either this sees the sender waiting or the sender sees the new prefix.
  if (waiting_.fetch_add(0) == 0) return;
  { const std::lock_guard lock(mutex_); }  // a sender between its check and its wait would miss the notice
  moved_.notify_all();
}

void KafkaWriter::look_around() {
  const std::uint64_t taken = taken_seen_.load(std::memory_order_relaxed);
  const std::uint64_t done = acks_.prefix();
  in_flight_.Set(taken > done ? static_cast<double>(taken - done) : 0);
  if (done != seen_done_ || taken <= done || !owed_since_) {
    owed_since_ = taken > done ? std::optional(std::chrono::steady_clock::now()) : std::nullopt;
    seen_done_ = done;
  }
  contact_->owed_since(owed_since_);
  contact_->log_change();
  look_for_stall();
  if (!failed_ && !stalled_) {
    reach_watch_.look(client_.get(), topic_.get(), queue_.get(), std::chrono::steady_clock::now(),
                      acknowledged_);
  }
}

void KafkaWriter::look_for_stall() {
  if (failed_) return;
  if (stalled_) {
    give_up_in_flight();  // a record may have slipped in
    // Whether anybody answers shows in contact_.
    const rd_kafka_metadata_t* raw = nullptr;
    static_cast<void>(rd_kafka_metadata(client_.get(), 0, topic_.get(), &raw, kProbeMs));
    const MetadataHandle metadata(raw);
    if (contact_->last() > stalled_at_) {
      fail("topic '" + topic_name_ + "' is back after it had acknowledged nothing for too long");
    }
    return;
  }
  const auto state =
      stall_watch_.look(StallWatch::now(), taken_seen_.load(std::memory_order_relaxed), acknowledged_);
  if (state == StallWatch::State::moving) return;
  if (state == StallWatch::State::woken) {
    fail(kWoken);
    give_up_in_flight();
    return;
  }
  stall();
}

void KafkaWriter::stall() {
  stalled_ = true;
  stalled_at_ = std::chrono::steady_clock::now();
  give_up_in_flight();
  log_warn("kafka", "nothing was acknowledged for too long: what is in flight is given up, to start again",
           {{"topic", topic_name_}});
}

void KafkaWriter::give_up_in_flight() {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

}  // namespace wikiflow::topic::kafka
