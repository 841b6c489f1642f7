#include <boost/beast/http/status.hpp>

#include "base/utf8.h"
#include "serve/server.h"

namespace wikiflow::serve {

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : query) {
    if (key == name) found = value;
  }
  return found;
}

Response problem(int status, std::string_view detail) {
  namespace http = boost::beast::http;
  const auto title = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  std::string body = R"({"type":"about:blank","title":")";
  body.append(title.data(), title.size());
  body += R"(","status":)" + std::to_string(status) + R"(,"detail":")";
  append_json_escaped(detail, body);
  body += "\"}\n";
  auto response = json(std::move(body), status);
  response.content_type = "application/problem+json";
  return response;
}

Response json(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

}  // namespace wikiflow::serve
