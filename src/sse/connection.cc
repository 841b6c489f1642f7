#include "sse/connection.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <exception>
#include <memory>

#include "base/log.h"
#include "sse/explain.h"

namespace wikiflow::sse {
namespace {

using std::chrono::milliseconds;

constexpr long kReadBuffer = 256L * 1024;       // what one read may take off the socket, for catching up fast
constexpr std::size_t kExcerpt = 300;           // of the body of an answer that is not a stream
constexpr std::size_t kMaxHeaderValue = 8'000;  // servers refuse headers of about 8 KB and more
constexpr milliseconds kLongestPoll{1'000};     // the clock given may run otherwise than the machine's

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Easy = std::unique_ptr<CURL, Freer<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Freer<curl_multi_cleanup>>;
using List = std::unique_ptr<curl_slist, Freer<curl_slist_free_all>>;

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char got) {
           return want == static_cast<char>(std::tolower(static_cast<unsigned char>(got)));
         });
}

bool is_event_stream(std::string_view type) {
  constexpr std::string_view kType = "text/event-stream";
  if (!starts_with_ignoring_case(type, kType)) return false;
  type.remove_prefix(kType.size());
  return type.empty() || type.front() == ';' || type.front() == ' ';
}

class Try {
 public:
  Try(const ClientOptions& options, const std::string& last_event_id, Clock& clock, Receiver& receiver,
      const std::stop_token& stop)
      : options_(options), clock_(clock), receiver_(receiver), stop_(stop) {
    prepare(last_event_id);
  }

  Outcome run();

 private:
  enum class Abort { none, stop, receiver, silence, bad_type };

  void prepare(const std::string& last_event_id);
  void prepare_headers(const std::string& last_event_id);
  CURLcode transfer();
  bool silent() const { return connected_ && clock_.steady() - last_byte_ >= options_.silence_timeout; }
  int poll_ms() const;
  Outcome outcome(CURLcode code);
  Outcome failure(CURLcode code) const;
  std::string trouble(CURLcode code) const;
  int status() const;
  std::string content_type() const;
  std::optional<milliseconds> retry_after() const;

  bool head_ended();
  bool body(std::string_view bytes);

  // What libcurl calls. Nothing is thrown through it: an exception is kept, and the transfer given up.
  template <typename Work>
  static std::size_t guarded(Try& self, std::size_t size, Work&& work) {
    bool go_on = false;
    try {
      go_on = work();
    } catch (...) {
      self.thrown_ = std::current_exception();
    }
    self.last_byte_ = self.clock_.steady();  // only now: what the receiver took is not silence
    return go_on ? size : size + 1;          // any other number than `size` ends the transfer
  }
  static std::size_t on_header(char* data, std::size_t one, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t one, std::size_t count, void* self);
  static int on_connected(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port);

  const ClientOptions& options_;
  Clock& clock_;
  Receiver& receiver_;
  const std::stop_token& stop_;

  std::array<char, CURL_ERROR_SIZE> error_{};
  List headers_;
  Easy easy_{curl_easy_init()};
  Multi multi_{curl_multi_init()};  // destroyed first

  Abort abort_ = Abort::none;
  bool connected_ = false;
  bool open_ = false;
  SteadyTime last_byte_;
  std::string excerpt_;
  std::exception_ptr thrown_;
};

void Try::prepare(const std::string& last_event_id) {
  if (!easy_ || !multi_) throw std::bad_alloc();
  CURL* const curl = easy_.get();
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());

  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kReadBuffer);
  // A connection that went silent must never be the one that is tried next.
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Without it a stop would wait for the name server.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif

  // From https never to http. (The names replaced the bit masks in 7.85, which made these deprecated.)
  const bool tls = starts_with_ignoring_case(options_.url, "https:");
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(Client::kMaxRedirects));

  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Try::on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Try::on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, &Try::on_connected);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, this);
  prepare_headers(last_event_id);
}

void Try::prepare_headers(const std::string& last_event_id) {
  const auto add = [&](const std::string& line) {
    curl_slist* const grown = curl_slist_append(headers_.get(), line.c_str());
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(grown);
  };
  add("Accept: text/event-stream");
  add("Cache-Control: no-cache");
  if (fits_header(last_event_id)) {
    if (!last_event_id.empty()) add("Last-Event-ID: " + last_event_id);
  } else {
    log_warn(options_.log_part, "not sending a Last-Event-ID that no header can carry",
             {{"bytes", std::to_string(last_event_id.size())}});
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
}

Outcome Try::run() {
  const std::stop_callback wake(stop_, [this] { curl_multi_wakeup(multi_.get()); });
  curl_multi_add_handle(multi_.get(), easy_.get());
  const CURLcode code = transfer();
  Outcome result = outcome(code);
  curl_multi_remove_handle(multi_.get(), easy_.get());
  if (thrown_) std::rethrow_exception(thrown_);
  return result;
}

// Drives the transfer to its end, or to abort_.
CURLcode Try::transfer() {
  for (;;) {
    if (stop_.stop_requested()) {
      abort_ = Abort::stop;
      return CURLE_OK;
    }
    int running = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) return message->data.result;
    if (silent()) {
      abort_ = Abort::silence;
      return CURLE_OK;
    }
    if (!receiver_.wants_more()) {
      abort_ = Abort::receiver;
      return CURLE_OK;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, poll_ms(), nullptr);
  }
}

int Try::poll_ms() const {
  if (!connected_) return static_cast<int>(kLongestPoll.count());
  const auto left =
      std::chrono::ceil<milliseconds>(options_.silence_timeout - (clock_.steady() - last_byte_));
  return static_cast<int>(std::clamp(left, milliseconds{1}, kLongestPoll).count());
}

std::size_t Try::on_header(char* data, std::size_t one, std::size_t count, void* self) {
  const std::string_view line(data, one * count);
  Try& it = *static_cast<Try*>(self);
  return guarded(it, line.size(), [&] { return (line != "\r\n" && line != "\n") || it.head_ended(); });
}

std::size_t Try::on_body(char* data, std::size_t one, std::size_t count, void* self) {
  const std::string_view bytes(data, one * count);
  Try& it = *static_cast<Try*>(self);
  return guarded(it, bytes.size(), [&] { return it.body(bytes); });
}

int Try::on_connected(void* self, char* /*remote_ip*/, char* /*local_ip*/, int /*remote_port*/,
                      int /*local_port*/) {
  Try& it = *static_cast<Try*>(self);
  it.connected_ = true;
  it.last_byte_ = it.clock_.steady();
  return CURL_PREREQFUNC_OK;
}

// A redirect's head, or one like 103, is followed by another: only what is final is judged here.
bool Try::head_ended() {
  if (status() != 200) return true;
  if (!is_event_stream(content_type())) {
    abort_ = Abort::bad_type;
    return false;
  }
  open_ = true;
  receiver_.on_open();
  return true;
}

bool Try::body(std::string_view bytes) {
  if (stop_.stop_requested()) {
    abort_ = Abort::stop;
    return false;
  }
  if (!open_) {
    excerpt_.append(bytes.substr(0, kExcerpt - excerpt_.size()));
    return excerpt_.size() < kExcerpt;
  }
  if (receiver_.on_bytes(bytes)) return true;
  abort_ = Abort::receiver;
  return false;
}

Outcome Try::outcome(CURLcode code) {
  if (abort_ == Abort::stop) return {.end = Outcome::End::by_stop};
  if (abort_ == Abort::receiver) return {.end = Outcome::End::by_receiver};
  Outcome result = failure(code);
  result.status = status();
  if (!open_) result.retry_after = retry_after();
  return result;
}

Outcome Try::failure(CURLcode code) const {
  const int status = this->status();
  if (status == 204)
    return {.cause = Cause::no_content, .detail = "status 204: the server asks not to come back"};
  if (abort_ == Abort::bad_type) return {.cause = Cause::bad_type, .detail = explain_type(content_type())};
  if (connected_ && status != 0 && status != 200) {
    return {.cause = Cause::bad_status, .detail = explain_status(status, excerpt_)};
  }
  if (abort_ == Abort::silence) {
    return {.cause = Cause::silence,
            .detail = "nothing came for " + std::to_string(options_.silence_timeout.count()) + " ms"};
  }
  if (!connected_) {
    return {.cause = Cause::unreachable, .detail = explain_unreachable(options_.url, trouble(code))};
  }
  if (code == CURLE_OK) return {.cause = Cause::closed, .detail = "the server ended the stream"};
  return {.cause = Cause::cut, .detail = "the connection broke: " + trouble(code)};
}

std::string Try::trouble(CURLcode code) const {
  return error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
}

int Try::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::string Try::content_type() const {
  const char* type = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
  return type == nullptr ? "" : type;
}

// libcurl reads both forms, seconds and a date. Zero also means that there was none.
std::optional<milliseconds> Try::retry_after() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) return std::nullopt;
  return std::chrono::seconds{std::min<curl_off_t>(seconds, 86'400)};
}

}  // namespace

bool fits_header(std::string_view text) {
  return text.size() <= kMaxHeaderValue && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

Outcome connect_once(const ClientOptions& options, const std::string& last_event_id, Clock& clock,
                     Receiver& receiver, const std::stop_token& stop) {
  return Try(options, last_event_id, clock, receiver, stop).run();
}

}  // namespace wikiflow::sse
