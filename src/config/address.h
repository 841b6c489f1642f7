// An address to listen on: "host:port", ":port" for all interfaces, "[::1]:port".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wikiflow::config {

struct Address {
  std::string host;  // without brackets; empty: all interfaces
  std::uint16_t port = 0;
};

// Port 0 is allowed: the system then picks one. Error: bad_input naming the text and the three forms.
Result<Address> parse_address(std::string_view text);

// As parse_address() reads it.
std::string to_string(const Address& address);

}  // namespace wikiflow::config
