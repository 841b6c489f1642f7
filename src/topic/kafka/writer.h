// The Kafka writer; its contract is topic::Writer and the notes in kafka.h.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "topic/ack_window.h"
#include "topic/kafka/client.h"
#include "topic/kafka/contact.h"
#include "topic/kafka/handle.h"
#include "topic/kafka/header_pool.h"
#include "topic/kafka/kafka.h"
#include "topic/kafka/reach_watch.h"
#include "topic/kafka/stall_watch.h"
#include "topic/kafka/statistics.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

// What becomes of the writer when one record was not delivered.
enum class DeliveryFailure {
  refused,  // this record alone, for good: pass over it
  fatal,    // it and those after it must be sent again by a new writer
};
// `size` is the record's, `batch_bytes` the size from which a record travels alone.
DeliveryFailure classify(rd_kafka_resp_err_t error, std::size_t size, std::size_t batch_bytes);
bool too_large(rd_kafka_resp_err_t error);

class KafkaWriter final : public Writer {
 public:
  // `one_by_one` is that of all writers of the topic. Set by one whose batch was larger than the topic takes,
  // which fails it: of a batch nobody knows which record was too large. Those that are made after it send
  // every record alone, so that what can be taken is taken, and what cannot is refused alone.
  static Result<std::unique_ptr<Writer>> make(const std::string& topic, const KafkaOptions& options,
                                              Metrics& metrics,
                                              std::shared_ptr<std::atomic<bool>> one_by_one);
  ~KafkaWriter() override;

  Result<void> send(const OutRecord& record, std::stop_token stop) override;
  Result<void> flush(std::chrono::milliseconds limit) override;
  std::uint64_t acknowledged() const override { return acks_.prefix(); }
  std::uint64_t refused() const override { return refused_; }
  std::vector<RefusedRecord> take_refused() override;
  std::optional<std::string> trouble() const override { return contact_->trouble(); }
  Result<std::optional<Reach>> reach() const override;

 private:
  KafkaWriter(const std::string& topic, const KafkaOptions& options, Metrics& metrics,
              std::shared_ptr<std::atomic<bool>> one_by_one);
  void start();

  rd_kafka_resp_err_t produce(const OutRecord& record, std::uint64_t sequence);
  rd_kafka_resp_err_t produce_with_headers(const OutRecord& record, void* opaque);
  Result<void> wait_for_progress(std::uint64_t prefix, const std::stop_token& stop);
  Error failure() const;

  // The thread's.
  void run(const std::stop_token& stop);
  void serve(rd_kafka_event_t* event);
  void take_statistics(const char* json);
  void take_reports(rd_kafka_event_t* event);
  void keep_headers(const rd_kafka_message_t& message);
  void take_error(rd_kafka_event_t* event);
  void not_delivered(const rd_kafka_message_t& message);
  void fail(const std::string& why);
  void wake_senders();
  void look_around();
  void look_for_stall();
  void stall();
  void give_up_in_flight();

  const std::string topic_name_;
  const KafkaOptions options_;
  const std::shared_ptr<std::atomic<bool>> one_by_one_;
  const bool alone_ = *one_by_one_;  // whether this one sends every record alone
  const std::shared_ptr<Contact> contact_;
  AckWindow acks_;
  HeaderPool headers_;
  std::vector<HeadersHandle> delivered_;      // the thread's, on their way to headers_
  std::uint64_t taken_ = 0;                   // the sender's
  std::atomic<std::uint64_t> taken_seen_{0};  // the same, for the thread
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> stalled_{false};  // nothing is sent any more; failed_ follows

  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  std::atomic<int> waiting_{0};  // senders in wait_for_progress() or flush()
  std::string failure_;
  std::vector<RefusedRecord> refused_records_;  // not taken yet

  prometheus::Gauge& in_flight_;
  prometheus::Counter& waits_;
  prometheus::Counter& refusals_;
  StatisticsGauges gauges_;

  std::uint64_t seen_done_ = 0;  // look_around()'s
  std::optional<SteadyTime> owed_since_;
  StallWatch stall_watch_;          // the thread's, as what follows
  std::uint64_t acknowledged_ = 0;  // in any order
  SteadyTime stalled_at_{};
  ReachWatch reach_watch_;

  Client client_;
  TopicHandle topic_;
  QueueHandle queue_;
  std::jthread thread_;
};

}  // namespace wikiflow::topic::kafka
