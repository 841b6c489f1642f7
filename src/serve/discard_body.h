// A body for Beast's parser that is counted against the limit and not kept.

#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <cstdint>

namespace wikiflow::serve {

struct DiscardBody {
  // The names are Beast's.
  struct value_type {};  // NOLINT(readability-identifier-naming)

  class reader {  // NOLINT(readability-identifier-naming)
   public:
    template <bool isRequest, typename Fields>
    explicit reader(boost::beast::http::header<isRequest, Fields>& /*head*/, value_type& /*body*/) {}

    void init(const boost::optional<std::uint64_t>& /*length*/, boost::beast::error_code& error) {
      error = {};
    }

    template <typename Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      return boost::asio::buffer_size(buffers);
    }

    void finish(boost::beast::error_code& error) { error = {}; }
  };
};

}  // namespace wikiflow::serve
