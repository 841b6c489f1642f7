#include "sse/client.h"

#include <curl/curl.h>

#include <fstream>
#include <optional>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/utf8.h"
#include "sse/connection.h"
#include "sse/instruments.h"
#include "sse/state_log.h"

namespace wikiflow::sse {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLoggedBytes = 500;

bool refused(const Outcome& outcome) {
  return outcome.cause == Cause::bad_status && outcome.status >= 400 && outcome.status < 500;
}

// How long to wait before the next try.
class Waits {
 public:
  explicit Waits(const ClientOptions& options)
      : options_(options), backoff_(options.backoff_first, options.backoff_cap, options.seed) {}

  milliseconds after(const Outcome& outcome, bool lived, std::optional<milliseconds> retry) {
    if (lived) backoff_.reset();
    // On top of what the server asks for, so that clients it sent away together do not come back together.
    if (outcome.retry_after) return std::min(*outcome.retry_after, options_.asked_wait_cap) + backoff_.next();
    if (refused(outcome)) {
      backoff_.to_cap();
      return options_.backoff_cap;
    }
    return std::min(retry.value_or(milliseconds{0}), options_.asked_wait_cap) + backoff_.next();
  }

 private:
  const ClientOptions& options_;
  Backoff backoff_;
};

void initialise_curl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

double seconds(Millis t) { return static_cast<double>(unix_ms(t)) / 1000.0; }

// Between the connection's bytes and the sink: parses, counts, and notices how the connection does.
class Feed final : public Receiver, Parser::Handler {
 public:
  Feed(const ClientOptions& options, Instruments& instruments, Clock& clock, FrameSink& sink)
      : options_(options),
        instruments_(instruments),
        clock_(clock),
        sink_(sink),
        parser_(options.frame_limit),
        state_(options.log_part, clock) {}
  ~Feed() override { instruments_.connected.Set(0); }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void begin() {
    opened_at_.reset();
    frames_ = 0;
  }

  void on_open() override {
    opened_at_ = clock_.steady();
    instruments_.connected.Set(1);
    sink_.on_open();
  }

  bool on_bytes(std::string_view bytes) override {
    const std::uint64_t before = frames_;
    instruments_.last_byte.Set(seconds(clock_.now()));
    instruments_.bytes.Increment(static_cast<double>(bytes.size()));
    const bool go_on = parser_.feed(bytes, *this);
    if (frames_ != before) instruments_.frames.Increment(static_cast<double>(frames_ - before));
    return go_on;
  }

  bool wants_more() override { return sink_.wants_more(); }

  // The connection is over, however it ended.
  void end() {
    instruments_.connected.Set(0);
    parser_.end(*this);
  }

  bool healthy() const { return frames_ > 0; }
  bool lived() const {
    return healthy() && opened_at_ && clock_.steady() - *opened_at_ >= options_.healthy_after;
  }
  std::optional<milliseconds> retry() const { return parser_.retry(); }
  StateLog& state() { return state_; }

 private:
  bool on_frame(const Frame& frame) override {
    if (frames_++ == 0) state_.on_frames();
    if (frame.event == "error") report(frame);
    return sink_.on_frame(frame);
  }

  void on_oversized(std::uint64_t bytes, std::string_view head) override {
    instruments_.oversized.Increment();
    sink_.on_oversized(bytes, head);
  }

  void report(const Frame& frame) {
    instruments_.errors.Increment();
    const auto held_back = instruments_.error_frames.allow(clock_.steady());
    if (!held_back) return;
    log_warn(options_.log_part, "the server reports an error",
             {{"said", std::string(frame.data.substr(0, kLoggedBytes))},
              {"not_shown", std::to_string(*held_back)}});
  }

  const ClientOptions& options_;
  Instruments& instruments_;
  Clock& clock_;
  FrameSink& sink_;
  Parser parser_;
  StateLog state_;
  std::optional<SteadyTime> opened_at_;
  std::uint64_t frames_ = 0;
};

}  // namespace

Client::Client(ClientOptions options, Metrics& metrics, Clock& clock)
    : options_(std::move(options)), clock_(clock), instruments_(std::make_unique<Instruments>(metrics)) {
  initialise_curl();
}

Client::~Client() = default;

Ended Client::run(FrameSink& sink, std::stop_token stop) {
  Feed feed(options_, *instruments_, clock_, sink);
  Waits waits(options_);
  while (!stop.stop_requested()) {
    feed.begin();
    const Outcome outcome = connect_once(options_, sink.last_event_id(), clock_, feed, stop);
    feed.end();
    if (outcome.end == Outcome::End::by_stop) break;
    if (outcome.end == Outcome::End::by_receiver) return Ended::by_sink;

    instruments_->disconnected(outcome.cause).Increment();
    Disconnect why{outcome.cause, outcome.status, outcome.detail, feed.healthy(), std::nullopt};
    if (why.cause != Cause::no_content) why.wait = waits.after(outcome, feed.lived(), feed.retry());
    feed.state().on_end(why, refused(outcome));
    sink.on_disconnect(why);
    if (!why.wait) return Ended::no_content;
    if (!clock_.sleep(*why.wait, stop)) break;
  }
  return Ended::stopped;
}

Result<void> check(const ClientOptions& options) {
  initialise_curl();
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  const auto refuse = [&](const std::string& why) {
    return bad_input("stream URL '" + sanitize_utf8(options.url) + "': " + why +
                     "; expected something like https://stream.wikimedia.org/v2/stream/recentchange");
  };
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), 0);
      code != CURLUE_OK) {
    return refuse(curl_url_strerror(code));
  }
  char* scheme = nullptr;
  if (curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) return refuse("it has no scheme");
  const std::string name = scheme;
  curl_free(scheme);
  if (name != "http" && name != "https") return refuse("the scheme is '" + name + "', not http or https");
  if (options.user_agent.empty() || !fits_header(options.user_agent)) {
    return bad_input("User-Agent '" + sanitize_utf8(options.user_agent) +
                     "': it must not be empty, have control characters, or be longer than 8000 bytes");
  }
  if (!options.ca_file.empty() && !std::ifstream(options.ca_file).good()) {
    return bad_input("CA file '" + options.ca_file + "' cannot be read");
  }
  if (options.connect_timeout.count() <= 0 || options.silence_timeout.count() <= 0) {
    return bad_input("connect and silence time-outs of the stream must be longer than zero");
  }
  return {};
}

}  // namespace wikiflow::sse
