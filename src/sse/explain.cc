#include "sse/explain.h"

#include <algorithm>

#include "base/utf8.h"

namespace wikiflow::sse {
namespace {

// The address without a user name and password in it.
std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t host = scheme + 3;
  const std::size_t host_end = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t at = url.substr(0, host_end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

std::string_view way_out(int status) {
  switch (status) {
    case 400:
      return "the server does not understand the request: check the parameters of the stream's URL";
    case 401:
    case 407:
      return "the server or a proxy asks for credentials: check the stream's URL and the proxy's";
    case 403:
      return "the server refuses our User-Agent or address: set CONTACT to an address or page of yours, so "
             "that the "
             "User-Agent says whom to reach";
    case 404:
      return "no such stream, or a topic in Last-Event-ID that the server does not know: check the stream's "
             "URL";
    case 429:
      return "too many requests: the server allows two connections from an address, so stop other readers "
             "there";
    default:
      break;
  }
  if (status >= 300 && status < 400) return "a redirect that leads nowhere: check the stream's URL";
  if (status >= 400 && status < 500) return "the server refuses the request: check the stream's URL";
  if (status >= 500) return "the server or something before it is in trouble; it will be tried again";
  return "not an answer that a stream begins with; it will be tried again";
}

}  // namespace

std::string explain_status(int status, std::string_view excerpt) {
  std::string text = "status " + std::to_string(status) + ": ";
  text += way_out(status);
  if (!excerpt.empty()) {
    text += "; it said: ";
    text += sanitize_utf8(excerpt);
  }
  return text;
}

std::string explain_type(std::string_view content_type) {
  const std::string got = content_type.empty() ? "no content type" : sanitize_utf8(content_type);
  return "expected text/event-stream, got " + got +
         ": check the stream's URL, and whether a proxy or login page answers in its place";
}

std::string explain_unreachable(std::string_view url, std::string_view trouble) {
  return "cannot reach " + without_credentials(url) + ": " + std::string(trouble) +
         "; check the stream's URL, the network, and the proxy settings (https_proxy, no_proxy)";
}

}  // namespace wikiflow::sse
