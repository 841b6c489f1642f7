// The least that reading a topic costs: batches of all partitions from one queue, thrown away.

#include <CLI/CLI.hpp>

#include "kafka.h"
#include "measure.h"

namespace {

using namespace wikiflow::bench;

// What a reader must do who wants to know one header.
std::uint64_t found = 0;
void look_up(const rd_kafka_message_t* message, const std::string& name) {
  rd_kafka_headers_t* headers = nullptr;
  if (name.empty() || rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name.c_str(), &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) ++found;
}

// One byte of each eight of every value: enough to bring all of it into the core's cache.
std::uint64_t sum = 0;
void go_through(const rd_kafka_message_t* message) {
  const auto* value = static_cast<const unsigned char*>(message->payload);
  for (std::size_t i = 0; i < message->len; i += 8) sum += value[i];
}

// Returns how many of the batch were records.
std::uint64_t discard(rd_kafka_message_t** messages, ssize_t count, bool values, const std::string& header) {
  std::uint64_t records = 0;
  for (ssize_t i = 0; i < count; ++i) {
    const auto error = messages[i]->err;
    if (values) go_through(messages[i]);
    look_up(messages[i], header);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
      ++records;
    else if (error != RD_KAFKA_RESP_ERR__PARTITION_EOF)
      die(rd_kafka_err2str(error));
    rd_kafka_message_destroy(messages[i]);
  }
  return records;
}

}  // namespace

int main(int argc, char** argv) {
  const Meter meter;
  std::string broker;
  std::string topic_name;
  std::uint64_t records = 0;
  std::size_t batch = 4096;
  CLI::App app("Reads a topic's records and discards them");
  app.add_option("--broker", broker)->required();
  app.add_option("--topic", topic_name)->required();
  app.add_option("--records", records, "how many to read")->required();
  app.add_option("--batch", batch, "records at most in a batch")->capture_default_str();
  bool values = false;
  app.add_flag("--values", values, "go through each value");
  std::string header;
  app.add_option("--header", header, "look up this header of each");
  std::vector<std::string> more;
  app.add_option("-X", more, "librdkafka property, name=value")->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);

  const auto client = raw_consumer(broker, properties(more));
  const auto topic = raw_topic(client.get(), topic_name);
  const auto queue = read_all(client.get(), topic.get(), RD_KAFKA_OFFSET_BEGINNING);
  std::vector<rd_kafka_message_t*> messages(batch);
  std::uint64_t seen = 0;
  while (seen < records) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue.get(), 1000, messages.data(), messages.size());
    if (count < 0) die(rd_kafka_err2str(rd_kafka_last_error()));
    seen += discard(messages.data(), count, values, header);
  }
  if (!header.empty() && found != seen) die("not every record has the header " + header);
  print_result({{"records", static_cast<double>(seen)},
                {"wall_s", meter.wall_s()},
                {"cpu_s", meter.cpu_s()},
                {"rss_mb", peak_rss_mb()},
                {"values_sum", static_cast<double>(sum)}});
  std::_Exit(0);  // taking the client down is not measured
}
