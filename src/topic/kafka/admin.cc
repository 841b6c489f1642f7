#include "topic/kafka/admin.h"

#include <algorithm>
#include <array>
#include <thread>

#include "topic/kafka/config.h"
#include "topic/kafka/errors.h"
#include "topic/kafka/generation.h"

namespace wikiflow::topic::kafka {
namespace {

using std::chrono::milliseconds;

int as_ms(milliseconds limit) {
  return static_cast<int>(std::clamp<std::int64_t>(limit.count(), 1, 600'000));
}

milliseconds left(SteadyTime until) { return std::chrono::ceil<milliseconds>(until - steady_now()); }

// A topic of Kafka is kept for ever with retention.ms=-1.
std::string retention_of(const TopicSpec& spec) {
  return spec.retention.count() == 0 ? "-1" : std::to_string(spec.retention.count());
}

void check_config(const TopicSpec& spec, std::string_view name, const std::string& value, TopicState& state) {
  const auto warn = [&](const std::string& way_out) {
    state.warnings.push_back("topic '" + spec.name + "' has " + std::string(name) + "=" + value + way_out);
  };
  if (name == "retention.ms" && value != retention_of(spec)) warn(", not " + retention_of(spec));
  constexpr int kLargestBatch = 1'000'000;
  if (name == "max.message.bytes" && std::atoll(value.c_str()) < kLargestBatch) {
    warn("; raise it to at least " + std::to_string(kLargestBatch) + ", or sending fails");
  }
}

}  // namespace

Admin::Admin(const KafkaOptions& options) : options_(options), contact_(std::make_shared<Contact>("admin")) {}

Result<std::unique_ptr<Admin>> Admin::make(const KafkaOptions& options) {
  std::unique_ptr<Admin> admin(new Admin(options));
  // A consumer without a group: unlike a producer it has nothing to set up with the broker.
  auto client = make_client(RD_KAFKA_CONSUMER, admin_settings(options), admin->contact_);
  if (!client) return tl::make_unexpected(client.error());
  admin->client_ = std::move(*client);
  admin->queue_.reset(rd_kafka_queue_new(admin->client_.get()));
  return admin;
}

void Admin::take_errors() {
  const QueueHandle main(rd_kafka_queue_get_main(client_.get()));
  while (const EventHandle event{rd_kafka_queue_poll(main.get(), 0)}) {
    if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_ERROR) continue;
    contact_->error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
  }
}

tl::unexpected<Error> Admin::unreachable(const std::string& doing, rd_kafka_resp_err_t error) {
  take_errors();
  const auto trouble = contact_->trouble();
  return error_of(error, doing,
                  (trouble ? *trouble : rd_kafka_err2str(error)) + "; broker " + options_.bootstrap);
}

Result<int> Admin::partitions(const std::string& topic, milliseconds limit) {
  const TopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (!handle) return bad_input("'" + topic + "' is not a topic's name");
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client_.get(), 0, handle.get(), &raw, as_ms(limit));
  const MetadataHandle metadata(raw);
  const std::string doing = "cannot look up topic '" + topic + "'";
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(doing, error);
  if (metadata->topic_cnt != 1) return transient(doing + ": the broker did not answer for it");
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return 0;
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(doing, found.err);
  for (int i = 0; i < found.partition_cnt; ++i) {
    if (found.partitions[i].err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
      return transient(doing + ": partition " + std::to_string(found.partitions[i].id) + " has no leader");
    }
  }
  return found.partition_cnt;
}

Result<TopicState> Admin::ensure(const TopicSpec& spec, milliseconds limit) {
  const SteadyTime until = steady_now() + limit;
  auto found = partitions(spec.name, limit);
  if (!found) return tl::make_unexpected(found.error());
  TopicState state;
  if (*found == 0) {
    if (!spec.create) {
      return fatal("there is no topic '" + spec.name + "' on " + options_.bootstrap +
                   "; create it with `producer topic ensure`");
    }
    if (auto made = create(spec, left(until)); !made) return tl::make_unexpected(made.error());
    state.created = true;
    found = await_partitions(spec, until);
    if (!found) return tl::make_unexpected(found.error());
  }
  state.partitions = *found;
  if (state.partitions != spec.partitions) {
    state.warnings.push_back("topic '" + spec.name + "' has " + std::to_string(state.partitions) +
                             " partitions, not " + std::to_string(spec.partitions));
  }
  if (auto checked = check(spec, left(until), state); !checked) return tl::make_unexpected(checked.error());
  auto generation = generation_of(client_.get(), spec.name, until);
  if (!generation) return tl::make_unexpected(generation.error());
  state.generation = *std::move(generation);
  return state;
}

Result<void> Admin::create(const TopicSpec& spec, milliseconds limit) {
  const std::string doing = "cannot create topic '" + spec.name + "'";
  std::array<char, 512> why{};
  const NewTopicHandle topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, why.data(), why.size()));
  if (!topic) return bad_input(doing + ": " + why.data());
  rd_kafka_NewTopic_set_config(topic.get(), "cleanup.policy", "delete");
  rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", retention_of(spec).c_str());

  const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), as_ms(limit), nullptr, 0);
  std::array topics{topic.get()};
  rd_kafka_CreateTopics(client_.get(), topics.data(), topics.size(), options.get(), queue_.get());
  const EventHandle event(rd_kafka_queue_poll(queue_.get(), as_ms(limit)));
  if (!event) return unreachable(doing, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unreachable(doing, error);
  }
  std::size_t count = 0;
  const auto** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (count != 1) return transient(doing + ": the broker did not answer for it");
  const auto error = rd_kafka_topic_result_error(results[0]);
  // Somebody else was faster: then it is checked like any that was there.
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  return error_of(error, doing, rd_kafka_topic_result_error_string(results[0]));
}

// A new topic shows with its leaders only after a moment.
Result<int> Admin::await_partitions(const TopicSpec& spec, SteadyTime until) {
  for (;;) {
    auto found = partitions(spec.name, std::max(left(until), milliseconds{1}));
    if (found ? *found > 0 : found.error().kind == ErrorKind::fatal) return found;
    if (steady_now() >= until) {
      return transient("topic '" + spec.name + "' was created, but its partitions did not come up in time");
    }
    std::this_thread::sleep_for(milliseconds{20});
  }
}

Result<void> Admin::check(const TopicSpec& spec, milliseconds limit, TopicState& state) {
  const std::string doing = "cannot check the settings of topic '" + spec.name + "'";
  const ConfigResourceHandle resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, spec.name.c_str()));
  std::array resources{resource.get()};
  const AdminOptionsHandle options(
      rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), as_ms(limit), nullptr, 0);
  rd_kafka_DescribeConfigs(client_.get(), resources.data(), resources.size(), options.get(), queue_.get());
  const EventHandle event(rd_kafka_queue_poll(queue_.get(), as_ms(limit)));
  if (!event) return unreachable(doing, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unreachable(doing, error);
  }
  std::size_t count = 0;
  const auto** described =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return transient(doing + ": the broker did not answer for it");
  if (const auto error = rd_kafka_ConfigResource_error(described[0]); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Reading settings needs a right of its own, which reading and writing records does not.
    if (!lasting(error)) return error_of(error, doing, rd_kafka_ConfigResource_error_string(described[0]));
    state.warnings.push_back(doing + ": " + rd_kafka_ConfigResource_error_string(described[0]));
    return {};
  }
  std::size_t entries = 0;
  const auto** entry = rd_kafka_ConfigResource_configs(described[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string_view name = rd_kafka_ConfigEntry_name(entry[i]);
    const char* value = rd_kafka_ConfigEntry_value(entry[i]);
    if (value == nullptr) continue;
    if (name == "cleanup.policy" && std::string_view(value) != "delete") {
      return fatal("topic '" + spec.name + "' has cleanup.policy=" + value +
                   ", which removes records that were not read; set it to delete");
    }
    check_config(spec, name, value, state);
  }
  return {};
}

}  // namespace wikiflow::topic::kafka
