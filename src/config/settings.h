// Every setting of every program, in one table; and which librdkafka properties may be passed through.
//
// To add a setting: a row in settings.cc, a field in programs.h. Help, checks, --print-config and the
// environment follow from the row.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/setting.h"

namespace wikiflow::config {

// All rows. A name may stand in several rows with other defaults, each for other programs.
const std::vector<Setting>& settings();

// The rows that `program` offers, in the order of --help.
std::vector<Setting> settings_of(Program program);

// Whether `program` hands librdkafka properties through (RDKAFKA_<PROPERTY> and -X).
bool takes_properties(Program program);

// A key that may stand in a shared `.env` without being meant for us: Compose's and Docker's own.
bool foreign_key(std::string_view name);

// "security.protocol" for "RDKAFKA_SECURITY_PROTOCOL"; empty when the name is not of this form.
std::string property_of(std::string_view name);

// "RDKAFKA_SECURITY_PROTOCOL" for "security.protocol".
std::string variable_of(std::string_view property);

// Error: bad_input when the delivery promise rests on the property, or a setting of its own sets it.
Result<void> check_property(std::string_view property);

// A value that must not be shown.
bool secret_property(std::string_view property);

}  // namespace wikiflow::config
