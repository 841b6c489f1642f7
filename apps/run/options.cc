#include "run/options.h"

#include <random>

#include "version.h"

namespace wikiflow::app {
namespace {

// Not 0, which servers take for "not given".
constexpr Millis kEarliest = from_unix_ms(1);

std::string user_agent(const std::string& contact) {
  return "wikiflow/" WIKIFLOW_VERSION " (statistics of recent changes; " +
         (contact.empty() ? "no contact given" : contact) + ")";
}

std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  return url.substr(0, url.rfind(':'));
}

}  // namespace

topic::kafka::KafkaOptions kafka_options(const config::BrokerSettings& broker, const std::string& client_id) {
  topic::kafka::KafkaOptions options;
  options.bootstrap = broker.bootstrap;
  options.client_id = client_id;
  options.properties = {broker.properties.begin(), broker.properties.end()};
  return options;
}

topic::TopicSpec topic_spec(const config::TopicSettings& topic) {
  return {.name = topic.name,
          .partitions = topic.partitions,
          .replication = topic.replication,
          .retention = topic.retention,
          .create = topic.create};
}

topic::TopicSpec dead_letter_spec(const config::TopicSettings& topic) {
  auto spec = topic_spec(topic);
  spec.name = topic.dead_letters;
  spec.partitions = 1;
  return spec;
}

Millis start_time(const config::From& from, Millis now) {
  switch (from.kind) {
    case config::From::Kind::latest:
      return now;
    case config::From::Kind::earliest:
      return kEarliest;
    case config::From::Kind::time:
      return from.time;
  }
  return now;
}

std::string since(const std::string& url, Millis start) {
  return url + (url.find('?') == std::string::npos ? "?since=" : "&since=") + format_rfc3339(start);
}

sse::ClientOptions stream_options(const config::SourceSettings& source, const std::string& url,
                                  Millis start) {
  sse::ClientOptions options;
  options.url = since(url, start);
  options.user_agent = user_agent(source.contact);
  options.silence_timeout = source.silence;
  options.backoff_first = source.reconnect_first;
  options.backoff_cap = source.reconnect_cap;
  options.seed = std::random_device{}();
  return options;
}

source::SourceOptions source_options(Millis start) {
  source::SourceOptions options;
  options.start = start;
  return options;
}

std::string source_name(std::string_view url) {
  const std::string_view host = host_of(url);
  return host == "wikimedia.org" || host.ends_with(".wikimedia.org") ? "live" : "simulator";
}

}  // namespace wikiflow::app
