#include "sse/stream_fake.h"

#include <condition_variable>

namespace wikiflow::sse {
namespace {

bool answers_with_stream(Cause cause) {
  return cause == Cause::closed || cause == Cause::cut || cause == Cause::silence;
}

constexpr std::chrono::milliseconds kAskEvery{20};

// Silence, until `stop` or the sink's wish.
Ended stay(FrameSink& sink, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!woken.wait_for(lock, stop, kAskEvery, [&] { return stop.stop_requested(); })) {
    if (!sink.wants_more()) return Ended::by_sink;
  }
  return Ended::stopped;
}

}  // namespace

Ended FakeStream::run(FrameSink& sink, std::stop_token stop) {
  do {
    for (const auto& connection : script_) {
      if (stop.stop_requested()) return Ended::stopped;
      if (const auto ended = play(connection, sink, stop)) return *ended;
    }
  } while (then_ == Then::repeat && !stop.stop_requested());

  if (stop.stop_requested()) return Ended::stopped;
  if (then_ == Then::wait_for_stop) {
    ask(sink);
    sink.on_open();
    return stay(sink, stop);
  }
  ask(sink);
  sink.on_disconnect({Cause::no_content, 204, "the script is over", false, std::nullopt});
  return Ended::no_content;
}

void FakeStream::ask(FrameSink& sink) {
  std::string id = sink.last_event_id();
  const std::lock_guard lock(mutex_);
  if (last_event_ids_.size() < kMaxRecorded) last_event_ids_.push_back(std::move(id));
}

std::optional<Ended> FakeStream::play(const FakeConnection& connection, FrameSink& sink,
                                      const std::stop_token& stop) {
  ask(sink);
  bool healthy = false;
  if (answers_with_stream(connection.end)) {
    sink.on_open();
    for (const auto& frame : connection.frames) {
      if (stop.stop_requested()) return Ended::stopped;
      if (!sink.wants_more()) return Ended::by_sink;
      if (frame.oversized > 0) {
        sink.on_oversized(frame.oversized, frame.data);
        continue;
      }
      healthy = true;
      if (frame.id) id_ = *frame.id;
      if (!sink.on_frame({frame.event, frame.data, id_})) return Ended::by_sink;
    }
  }
  const bool for_good = connection.end == Cause::no_content;
  using Wait = std::optional<std::chrono::milliseconds>;
  sink.on_disconnect({connection.end, for_good ? 204 : connection.status, connection.detail, healthy,
                      for_good ? Wait() : Wait(0)});
  return for_good ? std::optional(Ended::no_content) : std::nullopt;
}

std::vector<std::string> FakeStream::last_event_ids() const {
  const std::lock_guard lock(mutex_);
  return last_event_ids_;
}

}  // namespace wikiflow::sse
