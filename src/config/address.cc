#include "config/address.h"

#include <charconv>
#include <optional>

namespace wikiflow::config {
namespace {

constexpr std::size_t kMaxHostBytes = 253;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool host_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

// Also the zone of a link-local address: fe80::1%eth0.
bool ipv6_letter(char c) { return host_letter(c) || c == ':' || c == '%'; }

template <typename Allowed>
bool all(std::string_view text, Allowed allowed) {
  for (const char c : text) {
    if (!allowed(c)) return false;
  }
  return true;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const auto wrong = [&] {
    return bad_input("'" + std::string(text) +
                     "' is not an address; give host:port, :port for all interfaces, or [::1]:port");
  };
  const auto colon = text.rfind(':');
  if (colon > kMaxHostBytes) return wrong();  // also when there is none
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return wrong();
  auto host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return wrong();
    host = host.substr(1, host.size() - 2);
    if (!all(host, ipv6_letter)) return wrong();
  } else if (!all(host, host_letter)) {
    return wrong();
  }
  return Address{std::string(host), *port};
}

std::string to_string(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return (brackets ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace wikiflow::config
