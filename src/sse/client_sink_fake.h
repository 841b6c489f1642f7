// A sink for tests of a Stream: keeps all that it is told, and does on the way what the test asks for.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sse/parser_reference_fake.h"
#include "sse/stream.h"

namespace wikiflow::sse {

class RecordingSink final : public FrameSink {
 public:
  std::string last_event_id() override { return id; }
  void on_open() override { ++opened; }
  bool on_frame(const Frame& frame) override {
    frames.push_back({std::string(frame.event), std::string(frame.data), std::string(frame.last_event_id)});
    return !then || then();
  }
  void on_oversized(std::uint64_t bytes, std::string_view head) override {
    oversized.push_back(bytes);
    heads.emplace_back(head);
  }
  void on_disconnect(const Disconnect& why) override {
    disconnects.push_back(why);
    if (after_disconnect) after_disconnect();
  }
  bool wants_more() override { return !more || more(); }

  std::vector<std::string> data() const {
    std::vector<std::string> all;
    for (const auto& frame : frames) all.push_back(frame.data);
    return all;
  }
  std::vector<Cause> causes() const {
    std::vector<Cause> all;
    for (const auto& why : disconnects) all.push_back(why.cause);
    return all;
  }

  std::string id;              // given as Last-Event-ID
  std::function<bool()> then;  // what on_frame() answers
  std::function<void()> after_disconnect;
  std::function<bool()> more;  // what wants_more() answers

  int opened = 0;
  std::vector<OwnedFrame> frames;
  std::vector<std::uint64_t> oversized;
  std::vector<std::string> heads;  // of these
  std::vector<Disconnect> disconnects;
};

}  // namespace wikiflow::sse
