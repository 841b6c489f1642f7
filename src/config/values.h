// Settings with the values they have, each with where it came from.
//
// All values were checked when they were resolved, so reading one cannot fail; asking for a name that is not
// in the table is a bug of the program and ends it (exit 70).

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/address.h"
#include "config/setting.h"
#include "config/value.h"

namespace wikiflow::config {

enum class Origin { preset, env_file, environment, flag };

struct Value {
  std::string text;  // as accept() returned it
  Origin origin = Origin::preset;
  std::string where;  // in words: "default", ".env line 3", "environment", "--http-addr"
  bool set = false;   // false: neither given nor has it a default
};

// A librdkafka property to hand through.
struct Property {
  std::string name;  // security.protocol
  Value value;
};

class Values {
 public:
  void put(const Setting& setting, Value value);
  void put(Property property) { properties_.push_back(std::move(property)); }

  const Value& at(std::string_view name) const;
  bool is_set(std::string_view name) const { return at(name).set; }

  // Empty when not set.
  const std::string& text(std::string_view name) const { return at(name).text; }
  bool on(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  std::chrono::milliseconds duration(std::string_view name) const;
  std::vector<std::string> hosts(std::string_view name) const;
  Address address(std::string_view name) const;
  From from(std::string_view name) const;

  // nullopt when the setting's word stands in place of a value ("never"), or it is not set.
  std::optional<std::int64_t> maybe_integer(std::string_view name) const;
  std::optional<std::chrono::milliseconds> maybe_duration(std::string_view name) const;

  // At most one of a name, in the order of names.
  const std::vector<Property>& properties() const { return properties_; }

  // For --print-config: a line for each value, NAME=value and where it came from. Secrets are masked; what is
  // printed can be used as an `.env` file once they are filled in.
  std::string print() const;

 private:
  struct Row {
    Setting setting;
    Value value;
  };
  const Row& row(std::string_view name) const;
  bool stands_for_nothing(const Row& row) const {
    return !row.value.set || row.value.text == row.setting.word;
  }

  std::vector<Row> rows_;  // in the order of the table
  std::vector<Property> properties_;
};

}  // namespace wikiflow::config
