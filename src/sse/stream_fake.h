// A stream out of a script, in memory: connections, each with its frames and how it ends.
//
// Behaves to its sink as sse::Client does: asks for the Last-Event-ID before each connection, keeps the last
// event id across connections, says why each one ended. It never waits between connections.
//
// Threads: run() from one thread at a time; last_event_ids() from any.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sse/stream.h"

namespace wikiflow::sse {

struct FakeFrame {
  std::string data{};
  std::optional<std::string> id{};
  std::string event = "message";
  std::uint64_t oversized = 0;  // more than 0: an event of so many bytes that was skipped; data is its head
};

struct FakeConnection {
  std::vector<FakeFrame> frames{};
  Cause end = Cause::closed;
  // Of an end without an answer of 200 (unreachable, bad_status, bad_type, no_content) the frames are not
  // sent.
  int status = 200;
  std::string detail{};
};

class FakeStream final : public Stream {
 public:
  enum class Then {
    no_content,     // when the script is over the server says 204
    wait_for_stop,  // the connection stays open and silent
    repeat,         // from the beginning again, for ever
  };

  explicit FakeStream(std::vector<FakeConnection> script, Then then = Then::no_content)
      : script_(std::move(script)), then_(then) {}

  Ended run(FrameSink& sink, std::stop_token stop) override;

  // What the sink gave as Last-Event-ID before each connection, oldest first; at most kMaxRecorded of them.
  std::vector<std::string> last_event_ids() const;
  static constexpr std::size_t kMaxRecorded = 100'000;

 private:
  void ask(FrameSink& sink);
  // nullopt: the connection ended as the script says.
  std::optional<Ended> play(const FakeConnection& connection, FrameSink& sink, const std::stop_token& stop);

  const std::vector<FakeConnection> script_;
  const Then then_;
  std::string id_;
  mutable std::mutex mutex_;
  std::vector<std::string> last_event_ids_;
};

}  // namespace wikiflow::sse
