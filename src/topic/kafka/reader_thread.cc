// What the reader's own thread does.

#include <algorithm>
#include <set>
#include <tuple>

#include "topic/kafka/errors.h"
#include "topic/kafka/generation.h"
#include "topic/kafka/reader.h"

namespace wikiflow::topic::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int kPollMs = 100;
constexpr int kBoundsMs = 500;
constexpr std::chrono::seconds kGiveBackLimit{30};
constexpr std::chrono::seconds kMissingLimit{30};
constexpr std::chrono::seconds kCompareEvery{5};
constexpr std::chrono::seconds kCloseLimit{4};
constexpr std::chrono::seconds kLastCommitLimit{1};

std::vector<Partition> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<Partition> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back({list.elems[i].partition});
  return partitions;
}

}  // namespace

void KafkaReader::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    poll(kPollMs);
    look_around();
  }
  close();
}

bool KafkaReader::poll(int wait_ms) {
  const EventHandle event(rd_kafka_queue_poll(queue_.get(), wait_ms));
  if (!event) return false;
  serve(event.get());
  return true;
}

void KafkaReader::serve(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
      rebalance(event);
      break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      committer_.answered(event);
      break;
    case RD_KAFKA_EVENT_STATS:
      take_statistics(rd_kafka_event_stats(event));
      break;
    case RD_KAFKA_EVENT_ERROR: {
      const std::string text = rd_kafka_event_error_string(event);
      if (rd_kafka_event_error_is_fatal(event) != 0) {
        fail({ErrorKind::fatal, "the Kafka client failed for topic '" + topic_ + "': " + text});
      } else {
        const std::string group = options_.group.empty() ? "" : ", group '" + options_.group + "'";
        take_error(rd_kafka_event_error(event), text, "topic '" + topic_ + "'" + group + ": " + text);
      }
      break;
    }
    default:
      break;
  }
}

void KafkaReader::rebalance(rd_kafka_event_t* event) {
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  if (list == nullptr) return;
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    take_over(*list);
  } else {
    give_up(*list);
  }
}

void KafkaReader::take_over(const rd_kafka_topic_partition_list_t& list) {
  const auto partitions = partitions_of(list);
  std::map<Partition, Offset> starts;
  for (const Partition partition : partitions) starts[partition] = {kFromBeginning};
  if (!partitions.empty()) {
    auto positions = options_.listener->assigned(partitions);
    if (!positions) {
      log_warn("kafka", "leaving the group", {{"topic", topic_}, {"cause", positions.error().what}});
      fail(std::move(positions.error()));
      // The assignment must be taken before it can be given up.
      const PartitionsHandle taken(rd_kafka_topic_partition_list_copy(&list));
      assign(taken.get(), true);
      rd_kafka_unsubscribe(client_.get());
      return;
    }
    for (const auto& [partition, offset] : *positions) {
      if (starts.contains(partition)) starts[partition] = offset;
    }
  }
  begin(std::vector<std::pair<Partition, Offset>>(starts.begin(), starts.end()), true);
}

void KafkaReader::begin(std::span<const std::pair<Partition, Offset>> positions, bool incremental) {
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, offset] : positions) {
    const bool beginning = offset.value == kFromBeginning;
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.number)->offset =
        beginning ? RD_KAFKA_OFFSET_BEGINNING : offset.value;
    const auto queue = std::make_shared<PartitionQueue>(client_.get(), topic_, partition, rota_);
    queue->moved_to(offset.value);
    const std::lock_guard lock(mutex_);
    queues_[partition] = queue;
  }
  assign(list.get(), incremental);
  if (options_.idle) {
    rd_kafka_pause_partitions(client_.get(), list.get());
    return;
  }
  // What an earlier assignment left in a queue keeps it from becoming "not empty", so each is looked into
  // once.
  for (const auto& [partition, offset] : positions) {
    rota_.add(partition);
    rota_.wake(partition);
  }
}

void KafkaReader::assign(rd_kafka_topic_partition_list_t* list, bool incremental) {
  std::string why;
  if (incremental) {
    const ErrorHandle error(rd_kafka_incremental_assign(client_.get(), list));
    if (error) why = rd_kafka_error_string(error.get());
  } else if (const auto error = rd_kafka_assign(client_.get(), list); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    why = rd_kafka_err2str(error);
  }
  if (!why.empty()) fail({ErrorKind::fatal, "cannot take partitions of topic '" + topic_ + "': " + why});
}

void KafkaReader::give_up(const rd_kafka_topic_partition_list_t& list) {
  // After a failed assigned() the listener does not know of these.
  std::vector<Partition> known;
  for (const Partition partition : partitions_of(list)) {
    if (queue_of(partition)) known.push_back(partition);
  }
  if (!known.empty()) {
    const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
    const bool all_back = rota_.withdraw(known, lost ? milliseconds{0} : milliseconds{kGiveBackLimit});
    if (!lost && all_back) {
      options_.listener->revoked(known);
      committer_.send(client_.get(), queue_.get(), true);
    } else {
      if (!lost) {
        log_error("kafka", "a batch did not come back in time; its partition is given up as lost",
                  {{"topic", topic_}});
      }
      committer_.drop(known);
      options_.listener->lost(known);
    }
    const std::lock_guard lock(mutex_);
    for (const Partition partition : known) queues_.erase(partition);
  }
  const ErrorHandle error(rd_kafka_incremental_unassign(client_.get(), &list));
  if (error) {
    log_warn("kafka", "giving up partitions failed",
             {{"topic", topic_}, {"cause", rd_kafka_error_string(error.get())}});
  }
}

void KafkaReader::take_statistics(const char* json) {
  const auto statistics = parse_statistics(json);
  if (!statistics) return;
  gauges_.show(*statistics);
  client_.keep_brokers(statistics->brokers, statistics->connected, steady_now());
  const auto found = statistics->topics.find(topic_);
  if (found == statistics->topics.end()) return;
  std::set<std::int32_t> leaders;
  bool all = true;
  for (const auto& [number, leader] : found->second.leaders) {
    if (!queue_of({number})) continue;
    if (leader >= 0) {
      leaders.insert(leader);
    } else {
      all = false;
    }
  }
  contact_->set_leaders(std::move(leaders), all);
  if (options_.listener == nullptr && found->second.partitions > partitions_at_start_) {
    fail({ErrorKind::fatal, "topic '" + topic_ + "' has grown from " + std::to_string(partitions_at_start_) +
                                " to " + std::to_string(found->second.partitions) +
                                " partitions; start again to read all of them"});
  }
}

bool KafkaReader::starved() const {
  if (options_.idle) return false;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(queues_, [](const auto& entry) { return entry.second->empty(); });
}

void KafkaReader::look_around() {
  committer_.send(client_.get(), queue_.get(), false);
  // A full queue is not fetched for; only an empty one waits for the broker.
  if (!starved()) {
    starved_since_.reset();
  } else if (!starved_since_) {
    starved_since_ = steady_now();
  }
  contact_->owed_since(starved_since_ ? std::optional(std::max(*starved_since_, contact_->last_fetch()))
                                      : std::nullopt);
  contact_->log_change();
  look_for_topic();
  // librdkafka reads on in a topic of the same name without a word.
  if (steady_now() - compared_ >= kCompareEvery) std::ignore = is_the_same_topic();
  std::vector<std::shared_ptr<PartitionQueue>> queues;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, queue] : queues_) queues.push_back(queue);
  }
  for (const auto& queue : queues) {
    if (!queue->learn_bounds(kBoundsMs)) return;  // one broker away at a time is enough waiting
  }
}

void KafkaReader::look_for_topic() {
  {
    const std::lock_guard lock(mutex_);
    if (!missing_since_ || steady_now() - looked_ < std::chrono::seconds{1}) return;
  }
  looked_ = steady_now();
  const TopicHandle topic(rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client_.get(), 0, topic.get(), &raw, kBoundsMs);
  const MetadataHandle metadata(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1) return;
  const bool there = metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
                     metadata->topics[0].partition_cnt >= partitions_at_start_;
  if (there && !is_the_same_topic()) return;
  SteadyTime since;
  {
    const std::lock_guard lock(mutex_);
    since = *missing_since_;
    if (there) missing_since_.reset();
  }
  if (there || steady_now() - since < kMissingLimit) return;
  fail({ErrorKind::fatal, "topic '" + topic_ +
                              "' is gone from the broker; create it again with `producer topic "
                              "ensure` and start again"});
}

// False when it is not, which then has failed; or when that cannot be found out now.
bool KafkaReader::is_the_same_topic() {
  if (options_.generation.empty() || options_.generation == kUnknownGeneration) return true;
  compared_ = steady_now();
  const auto now = generation_of(client_.get(), topic_, steady_now() + milliseconds{kBoundsMs});
  if (!now) return false;
  if (*now == options_.generation || *now == kUnknownGeneration) return true;
  fail({ErrorKind::fatal, "topic '" + topic_ +
                              "' was deleted and made anew while it was read; start again, and what was "
                              "counted of the former one is not mixed with it"});
  return false;
}

// Commits, then leaves the group, which revokes what is owned. Bounded: the broker may be gone.
void KafkaReader::close() {
  committer_.send(client_.get(), queue_.get(), true);
  const SteadyTime last_commit = steady_now() + kLastCommitLimit;
  while (!committer_.idle() && steady_now() < last_commit) {
    poll(10);
    committer_.send(client_.get(), queue_.get(), true);
  }
  if (options_.listener == nullptr) return;
  const ErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), queue_.get()));
  const SteadyTime until = steady_now() + kCloseLimit;
  while (!error && rd_kafka_consumer_closed(client_.get()) == 0 && steady_now() < until) poll(10);
}

}  // namespace wikiflow::topic::kafka
