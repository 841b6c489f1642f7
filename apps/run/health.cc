#include "run/health.h"

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>

#include "config/address.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr std::size_t kLongestAnswer = 64 * 1024;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

std::string url_of(config::Address address) {
  if (address.host.empty() || address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return "http://" + config::to_string(address) + "/readyz";
}

std::size_t append(const char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& answer = *static_cast<std::string*>(to);
  if (answer.size() + size * count > kLongestAnswer) return 0;
  answer.append(bytes, size * count);
  return size * count;
}

// What /readyz says, whatever its status; or why there is no such answer.
Result<std::string> ask(const std::string& url, std::chrono::milliseconds patience) {
  const Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) return transient("libcurl cannot begin");
  std::string answer;
  std::array<char, CURL_ERROR_SIZE> why{};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, why.data());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
  if (const auto code = curl_easy_perform(handle.get()); code != CURLE_OK) {
    return transient(why.front() != '\0' ? why.data() : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 && status != 503) return transient("it answers with status " + std::to_string(status));
  return answer;
}

}  // namespace

ExitCode health(const std::string& http_addr, std::ostream& out, std::chrono::milliseconds patience) {
  const auto unwell = [&](const std::string& why) {
    out << "unwell: " << why << '\n';
    return ExitCode::unwell;
  };
  const auto address = config::parse_address(http_addr);
  if (!address) return unwell("HTTP_ADDR: " + address.error().what);
  if (address->port == 0) return unwell("HTTP_ADDR has port 0: which one it became is in the program's log");
  const std::string url = url_of(*address);
  const auto answer = ask(url, patience);
  if (!answer) return unwell(url + ": " + answer.error().what);
  // Quotes within its texts are escaped, so these words stand nowhere else.
  if (answer->find(R"("stopping":true)") != std::string::npos) return unwell("it was asked to stop");
  if (answer->find(R"("stopping":false)") == std::string::npos) {
    return unwell(url + ": that is no wikiflow program");
  }
  return ExitCode::ok;
}

}  // namespace wikiflow::app
