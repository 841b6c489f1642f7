// What librdkafka's error codes mean here.

#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/result.h"

namespace wikiflow::topic::kafka {

// No broker is left, or logging in was refused; anything else may mend without notice.
bool severe(rd_kafka_resp_err_t error);

// Nothing that waiting would mend: not authorised, refused login, an invalid request.
bool lasting(rd_kafka_resp_err_t error);

// Of a partition's records: there are some that cannot be taken for records. The same codes of a connection
// only mean that whoever answered there is no broker, or not yet one.
bool unreadable(rd_kafka_resp_err_t error);

// What to do about a position that is not in the log; `text` is librdkafka's about it.
std::string position_lost(const std::string& text);

// "<doing>: <text>" as transient or fatal, by lasting().
tl::unexpected<Error> error_of(rd_kafka_resp_err_t error, const std::string& doing, const std::string& text);

}  // namespace wikiflow::topic::kafka
