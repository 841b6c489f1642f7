// A server-sent-event stream over HTTP, on libcurl.
//
// Connects, hands out frames, and comes back for as long as it is let. The server's cut after 15 minutes is
// normal; so is everything else that a network does. What run() does with an answer:
//
//   200 text/event-stream   frames, until the server, the network or silence ends it
//   200 anything else       refused (bad_type), tried again
//   204                     run() ends: the server asks not to come back
//   3xx                     followed, at most kMaxRedirects, never from https to http
//   other 4xx               ERROR with the way out; tried again at the longest back-off
//   everything else         tried again
//
// Waits between tries are drawn with full jitter from [0, min(backoff_cap, backoff_first * 2^n)], and begin
// anew once a connection has lived for `healthy_after` and brought frames. A server's Retry-After (either
// form) or `retry:` is waited out on top of that, up to `asked_wait_cap`.
//
// Silence is time in which nothing came while we were willing to read: what on_frame() takes does not count,
// so a slow sink slows the server down (nothing is read meanwhile) but never cuts itself off.
//
// A stop is prompt in every state: connecting, silent, or waiting to try again.
//
// Proxies are taken from the environment as libcurl does (http_proxy, https_proxy, all_proxy, no_proxy). TLS
// is verified, always. HTTP/2 is used where the server offers it.
//
// Threads: one run() at a time. A sink that throws gets its exception back from run().

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "sse/parser.h"
#include "sse/stream.h"

namespace wikiflow::sse {

struct ClientOptions {
  std::string url;
  std::string user_agent;  // "name/version (url; contact)": Wikimedia answers 403 to less
  std::string ca_file;     // PEM; empty: the system's

  std::chrono::milliseconds connect_timeout{10'000};  // name, TCP, TLS and proxy together
  std::chrono::milliseconds silence_timeout{30'000};
  std::chrono::milliseconds backoff_first{1'000};
  std::chrono::milliseconds backoff_cap{60'000};
  std::chrono::milliseconds healthy_after{60'000};
  std::chrono::milliseconds asked_wait_cap{600'000};

  std::size_t frame_limit = Parser::kDefaultLimit;
  std::uint64_t seed = 0;  // of the jitter; two clients with the same seed come back together
  std::string log_part = "stream";
};

// bad_input for what no retry can mend: a URL that is not http(s), a User-Agent that is empty or would break
// the request, a CA file that cannot be read, a time-out that is not positive.
Result<void> check(const ClientOptions& options);

struct Instruments;  // instruments.h

class Client final : public Stream {
 public:
  static constexpr int kMaxRedirects = 5;

  // `clock` and `metrics` must outlive the client. Options that check() refuses make every try fail as
  // unreachable.
  Client(ClientOptions options, Metrics& metrics, Clock& clock = system_clock());
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Ended run(FrameSink& sink, std::stop_token stop) override;

 private:
  const ClientOptions options_;
  Clock& clock_;
  std::unique_ptr<Instruments> instruments_;
};

}  // namespace wikiflow::sse
