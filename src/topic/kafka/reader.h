// The Kafka reader; its contract is topic::Reader and the notes in kafka.h.
//
// Its thread serves everything of librdkafka but records: rebalances, answers to commits, errors, statistics.
// Records go from a partition's queue to whoever calls next(), without passing through that thread.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "topic/kafka/client.h"
#include "topic/kafka/committer.h"
#include "topic/kafka/contact.h"
#include "topic/kafka/handle.h"
#include "topic/kafka/kafka.h"
#include "topic/kafka/partition_queue.h"
#include "topic/kafka/statistics.h"
#include "topic/rota.h"
#include "topic/topic.h"

namespace wikiflow::topic::kafka {

// Stands for the beginning of the log in a position.
constexpr std::int64_t kFromBeginning = -1;

// The arrays behind a batch, used again by later ones.
struct FetchBuffers {
  std::vector<rd_kafka_message_t*> messages;
  std::vector<Record> records;
};

class KafkaReader final : public Reader {
 public:
  // `partitions` is how many the topic has now.
  static Result<std::unique_ptr<Reader>> make(const std::string& topic, int partitions,
                                              const KafkaOptions& options, const ReaderOptions& reader,
                                              Metrics& metrics);
  ~KafkaReader() override;

  Result<std::optional<Batch>> next(std::chrono::milliseconds wait, std::stop_token stop) override;
  void commit(Partition partition, Offset next) override { committer_.want(partition, next); }
  Result<void> flush_commits(std::chrono::milliseconds limit) override;
  std::vector<Progress> progress() const override;
  SteadyTime last_contact() const override { return contact_->last_fetch(); }
  std::optional<std::string> trouble() const override { return contact_->trouble(); }

 private:
  class Lease;

  KafkaReader(const std::string& topic, int partitions, const ReaderOptions& reader, Metrics& metrics);
  void start(const std::map<Partition, Offset>& positions);
  // Where to begin without a listener, once the broker has said where the logs begin.
  Result<std::map<Partition, Offset>> first_positions();

  std::optional<Error> failure() const;
  void fail(Error error);
  std::shared_ptr<PartitionQueue> queue_of(Partition partition) const;
  std::optional<Batch> fetch(Rota::Turn turn, PartitionQueue& queue);
  std::unique_ptr<FetchBuffers> buffers();
  void give_back(std::unique_ptr<FetchBuffers> buffers);
  void take_partition_error(rd_kafka_resp_err_t error, const std::string& text, Partition partition);
  // `text` is librdkafka's, `what` says also what it is about.
  void take_error(rd_kafka_resp_err_t error, const std::string& text, const std::string& what);

  // The thread's.
  void run(const std::stop_token& stop);
  bool poll(int wait_ms);
  void serve(rd_kafka_event_t* event);
  void rebalance(rd_kafka_event_t* event);
  void take_over(const rd_kafka_topic_partition_list_t& list);
  void begin(std::span<const std::pair<Partition, Offset>> positions, bool incremental);
  void give_up(const rd_kafka_topic_partition_list_t& list);
  void assign(rd_kafka_topic_partition_list_t* list, bool incremental);
  void take_statistics(const char* json);
  void look_around();
  void look_for_topic();
  bool is_the_same_topic();
  bool starved() const;
  void close();

  const std::string topic_;
  const int partitions_at_start_;
  const ReaderOptions options_;
  const std::shared_ptr<Contact> contact_;
  Rota rota_;
  Committer committer_;
  StatisticsGauges gauges_;
  LogLimit error_log_{std::chrono::seconds{10}};

  mutable std::mutex mutex_;  // over the following four
  std::map<Partition, std::shared_ptr<PartitionQueue>> queues_;
  std::optional<Error> failure_;
  std::vector<std::unique_ptr<FetchBuffers>> spare_;  // at most batches_in_work
  std::optional<SteadyTime> missing_since_;           // the broker says that the topic is gone
  SteadyTime looked_{};                               // the thread's
  SteadyTime compared_{};                             // the thread's
  std::optional<SteadyTime> starved_since_;           // the thread's

  // After everything its callbacks touch.
  Client client_;
  QueueHandle queue_;
  std::jthread thread_;
};

}  // namespace wikiflow::topic::kafka
