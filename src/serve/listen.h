// Opens the socket that a server listens on, with errors in words that help.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "base/result.h"

namespace wikiflow::serve {

// As Server::start() says of its address.
Result<boost::asio::ip::tcp::acceptor> listen_on(boost::asio::io_context& io, const std::string& address);

// "127.0.0.1:8080", "[::]:8080".
std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace wikiflow::serve
