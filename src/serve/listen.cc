#include "serve/listen.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <vector>

#include "config/address.h"

namespace wikiflow::serve {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Where to try to listen, the first that works.
Result<std::vector<tcp::endpoint>> endpoints_of(boost::asio::io_context& io, const config::Address& address) {
  if (address.host.empty()) {
    return std::vector{tcp::endpoint(tcp::v6(), address.port), tcp::endpoint(tcp::v4(), address.port)};
  }
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return bad_input("HTTP_ADDR: the host '" + address.host + "' is not known: " + error.message());
  }
  // "localhost" names both; most clients that are given a number mean 127.0.0.1.
  std::vector<tcp::endpoint> v4;
  std::vector<tcp::endpoint> v6;
  for (const auto& entry : found) (entry.endpoint().address().is_v4() ? v4 : v6).push_back(entry.endpoint());
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  if (acceptor.open(endpoint.protocol(), error)) return error;
  if (acceptor.set_option(tcp::acceptor::reuse_address(true), error)) return error;
  if (endpoint.address().is_v6() && endpoint.address().is_unspecified()) {
    acceptor.set_option(boost::asio::ip::v6_only(false), error);
  }
  if (acceptor.bind(endpoint, error)) return error;
  acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  return error;
}

tl::unexpected<Error> cannot_listen(const std::string& address, const error_code& error) {
  if (error == boost::asio::error::address_in_use) {
    return fatal("cannot listen on " + address +
                 ": another program already does; stop it, or set HTTP_ADDR to another address");
  }
  if (error == boost::asio::error::access_denied) {
    return fatal("cannot listen on " + address +
                 ": not allowed; ports below 1024 need a privilege, so set HTTP_ADDR to a higher one");
  }
  return fatal("cannot listen on " + address + ": " + error.message() + "; set HTTP_ADDR to another address");
}

}  // namespace

Result<tcp::acceptor> listen_on(boost::asio::io_context& io, const std::string& address) {
  const auto parsed = config::parse_address(address);
  if (!parsed) return bad_input("HTTP_ADDR: " + parsed.error().what);
  const auto endpoints = endpoints_of(io, *parsed);
  if (!endpoints) return tl::make_unexpected(endpoints.error());
  error_code error;
  for (const auto& endpoint : *endpoints) {
    tcp::acceptor acceptor(io);
    error = open(acceptor, endpoint);
    if (!error) return acceptor;
    // Only a machine without this kind of address is a reason to try the next.
    if (error == boost::asio::error::address_in_use || error == boost::asio::error::access_denied) break;
  }
  return cannot_listen(address, error);
}

std::string to_string(const tcp::endpoint& endpoint) {
  return config::to_string({endpoint.address().to_string(), endpoint.port()});
}

}  // namespace wikiflow::serve
