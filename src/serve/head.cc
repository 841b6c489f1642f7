#include "serve/head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <iterator>

namespace wikiflow::serve {
namespace {

bool token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ");
  for (const char c : value) out.push_back(static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c);
  out.append("\r\n");
}

}  // namespace

const std::string& DateHeader::at(Millis now) {
  const auto second = unix_ms(now) / 1000;
  if (second != second_) {
    second_ = second;
    text_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(second)));
  }
  return text_;
}

void render_head(const Response& response, bool keep_alive, const std::string& date, std::string& out) {
  namespace http = boost::beast::http;
  const auto phrase = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  out.clear();
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nServer: wikiflow\r\nDate: {}\r\nContent-Length: {}\r\n", response.status,
                 std::string_view(phrase.data(), phrase.size()), date,
                 response.body ? response.body->size() : 0);
  if (response.body && !response.body->empty()) {
    append_header("Content-Type", response.content_type, out);
    append_header("X-Content-Type-Options", "nosniff", out);
  }
  bool cache_control = false;
  for (const auto& [name, value] : response.headers) {
    if (!token(name)) continue;
    cache_control = cache_control || same_name(name, "Cache-Control");
    append_header(name, value, out);
  }
  if (!cache_control) append_header("Cache-Control", "no-store", out);
  append_header("Connection", keep_alive ? "keep-alive" : "close", out);
  out.append("\r\n");
}

}  // namespace wikiflow::serve
