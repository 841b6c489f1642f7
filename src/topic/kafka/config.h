// From KafkaOptions to librdkafka's configuration.
//
// What each client is given stands in one table in config.cc, with the reason where a value is not the
// default.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "topic/kafka/client.h"
#include "topic/kafka/contact.h"
#include "topic/kafka/handle.h"
#include "topic/kafka/kafka.h"

namespace wikiflow::topic::kafka {

using Settings = std::vector<std::pair<std::string, std::string>>;  // later ones win

// Why `property` may not be passed through, or nothing when it may.
std::optional<std::string> refused_property(std::string_view property);

// Whether the property's value must never be shown.
bool is_secret(std::string_view property);
// `text` with every occurrence of `value` masked.
std::string without_value(std::string text, const std::string& value);

// Refuses the first property that may not be passed through, is unknown to librdkafka, or has a wrong value.
// The error names the property and never shows a secret's value.
Result<void> check_properties(const KafkaOptions& options);

// `one_by_one`: every record is a batch of its own.
Settings writer_settings(const KafkaOptions& options, bool one_by_one = false);
// The budget for fetched records is split over `partitions`.
Settings reader_settings(const KafkaOptions& options, const ReaderOptions& reader, int partitions);
Settings admin_settings(const KafkaOptions& options);
Settings tail_settings(const KafkaOptions& options);

// Makes a client. `contact` is told of every response.
Result<Client> make_client(rd_kafka_type_t type, const Settings& settings,
                           const std::shared_ptr<Contact>& contact);

}  // namespace wikiflow::topic::kafka
