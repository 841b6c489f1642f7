// A source as EventStreams is: two data centres, each a log in its order of arrival, merged anew for each
// connection.
//
// Neighbours share milliseconds, times go back up to 6 ms, and an event is sent twice now and then. A resume
// begins, per data centre, at the first event that is not older than the time given, whatever was sent
// before; a data centre that the id does not name is not read. Ids say a time one millisecond after the
// event's, an offset of -1 for a data centre that sent nothing since a connection without a Last-Event-ID
// began, and an offset that means nothing to anybody after one with.
//
// Threads: those that take turns.

#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/event_id.h"
#include "pipeline/simulation/fiber_test.h"
#include "pipeline/simulation/random_test.h"
#include "sse/stream.h"

namespace wikiflow::pipeline::simulation {

constexpr std::int64_t kBegin = 1'791'207'722'000;
constexpr std::size_t kCentres = 2;
constexpr std::array<const char*, kCentres> kCentreTopics{"eqiad.mediawiki.recentchange",
                                                          "codfw.mediawiki.recentchange"};

struct Event {
  std::size_t centre = 0;
  std::int64_t time = 0;
  std::optional<EventId> id{};  // of a change; canaries and what is malformed have none
  std::string domain{};
  std::optional<std::string> user{};
  std::string data{};
};

// What the source will have sent when all is over, and how much of it it has so far.
class Served {
 public:
  Served(int events, Random& random) {
    std::int64_t time = kBegin;
    for (int number = 0; number < events; ++number) {
      time += random.one_in(3) ? 0 : random.one_in(4) ? random.between(100, 900) : random.between(1, 4);
      Event event;
      event.centre = random.one_in(4) ? 1 : 0;
      event.time = random.one_in(4) ? time - random.between(1, 6) : time;
      auto& log = logs_[event.centre];
      if (random.one_in(25)) {
        event.data = R"({"$schema":"x","meta":{"domain":"canary","id":"c"}})";
      } else if (random.one_in(40)) {
        event.data = "{broken";
      } else if (random.one_in(25) && !log.empty() && log.back().id) {
        const std::int64_t sent_again_at = event.time;
        event = log.back();
        event.time = sent_again_at;
      } else {
        make_change(event, number, random);
      }
      order_.push_back(event.centre);
      if (event.id) changes_.try_emplace(*event.id, event);
      log.push_back(std::move(event));
    }
  }

  void publish(std::size_t n) {
    for (; n > 0 && published_ < order_.size(); --n) ++ends_[order_[published_++]];
  }
  bool all_published() const { return published_ == order_.size(); }

  const std::vector<Event>& log(std::size_t centre) const { return logs_[centre]; }
  std::size_t end(std::size_t centre) const { return ends_[centre]; }
  // Each change once, however often it was sent.
  const std::map<EventId, Event>& changes() const { return changes_; }

 private:
  static void make_change(Event& event, int number, Random& random) {
    const std::string digits = std::to_string(number);
    const std::string uuid = "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
    event.id = EventId::parse_uuid(uuid);
    event.domain = "d" + std::to_string(random.below(4));
    // Half of the users change once: what is lost there is not made good by what is counted twice elsewhere.
    if (!random.one_in(12))
      event.user = random.one_in(2) ? "u" + digits : "v" + std::to_string(random.below(5));
    event.data = R"({"meta":{"id":")" + uuid + R"(","domain":")" + event.domain + R"("},"title":"t)" +
                 std::to_string(random.below(12)) + R"(","wiki":"w")" +
                 (event.user ? R"(,"user":")" + *event.user + '"' : "") + "}";
  }

  std::array<std::vector<Event>, kCentres> logs_;
  std::vector<std::size_t> order_;  // the centre of each event, as they come
  std::map<EventId, Event> changes_;
  std::size_t published_ = 0;
  std::array<std::size_t, kCentres> ends_{};
};

class ServedStream final : public sse::Stream {
 public:
  ServedStream(const Served& served, Random& random) : served_(served), random_(random) {}

  sse::Ended run(sse::FrameSink& sink, std::stop_token stop) override {
    while (!stop.stop_requested()) {
      connect(sink.last_event_id());
      sink.on_open();
      while (!cut_) {
        if (stop.stop_requested()) return sse::Ended::stopped;
        if (may_serve_ == 0 || !has_more()) {
          waits_ = true;
          Fiber::current()->pause();
          waits_ = false;
          if (!sink.wants_more()) return sse::Ended::by_sink;
          continue;
        }
        --may_serve_;
        const Event& event = take();
        const std::string id = id_now();
        if (!sink.on_frame({"message", event.data, id})) return sse::Ended::by_sink;
      }
      cut_ = false;
      sink.on_disconnect({sse::Cause::cut, 200, "cut", true, std::chrono::milliseconds{0}});
    }
    return sse::Ended::stopped;
  }

  void let_serve(int frames) { may_serve_ = frames; }
  void cut() { cut_ = true; }
  // All that the source has was handed over.
  bool exhausted() const { return waits_ && !cut_ && !has_more(); }

 private:
  struct Cursor {
    std::size_t next = 0;
    bool read = true;
    std::string entry{};  // in the id
  };

  static std::string timestamp(std::int64_t ms) { return R"("timestamp":)" + std::to_string(ms); }

  void connect(const std::string& last_event_id) {
    for (std::size_t centre = 0; centre < kCentres; ++centre) {
      Cursor& cursor = cursors_[centre];
      cursor = {};
      if (last_event_id.empty()) {
        cursor.entry = R"("offset":-1)";
        continue;
      }
      const std::size_t named = last_event_id.find(kCentreTopics[centre]);
      cursor.read = named != std::string::npos;
      if (!cursor.read) continue;
      const std::size_t at = last_event_id.find("\"timestamp\":", named);
      const std::int64_t asked = std::stoll(last_event_id.substr(at + 12));
      const auto& log = served_.log(centre);
      while (cursor.next < served_.end(centre) && log[cursor.next].time < asked) ++cursor.next;
      cursor.entry = R"("offset":)" + std::to_string(1'000'000 + cursor.next);
    }
  }

  bool has_more(std::size_t centre) const {
    return cursors_[centre].read && cursors_[centre].next < served_.end(centre);
  }
  bool has_more() const { return has_more(0) || has_more(1); }

  const Event& take() {
    const std::size_t centre = !has_more(0) ? 1 : !has_more(1) ? 0 : random_.below(kCentres);
    Cursor& cursor = cursors_[centre];
    const Event& event = served_.log(centre)[cursor.next++];
    cursor.entry = timestamp(event.time + 1);
    return event;
  }

  std::string id_now() const {
    std::string id = "[";
    for (std::size_t centre = 0; centre < kCentres; ++centre) {
      if (!cursors_[centre].read) continue;
      if (id.size() > 1) id += ',';
      id += std::string(R"({"topic":")") + kCentreTopics[centre] + R"(","partition":0,)" +
            cursors_[centre].entry + "}";
    }
    return id + "]";
  }

  const Served& served_;
  Random& random_;
  std::array<Cursor, kCentres> cursors_;
  int may_serve_ = 0;
  bool cut_ = false;
  bool waits_ = false;
};

}  // namespace wikiflow::pipeline::simulation
