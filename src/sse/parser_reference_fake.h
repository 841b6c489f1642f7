// The event-stream format read in the slowest and plainest way, to hold the real parser against. For tests
// and the fuzzer: it shares no code with parser.cc, takes a whole stream at once, and copies everything.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/parser.h"

namespace wikiflow::sse {

struct OwnedFrame {
  std::string event;
  std::string data;
  std::string last_event_id;
  bool operator==(const OwnedFrame&) const = default;
};

// All that a stream came to.
struct Parsed {
  std::vector<OwnedFrame> frames;
  std::vector<std::uint64_t> oversized;
  std::string last_event_id;
  std::optional<std::chrono::milliseconds> retry;
  bool operator==(const Parsed&) const = default;
};

// Collects what a Parser hands out.
class Recorder final : public Parser::Handler {
 public:
  bool on_frame(const Frame& frame) override {
    parsed_.frames.push_back(
        {std::string(frame.event), std::string(frame.data), std::string(frame.last_event_id)});
    return true;
  }
  void on_oversized(std::uint64_t bytes, std::string_view head) override {
    parsed_.oversized.push_back(bytes);
    heads.emplace_back(head);
  }

  // How the oversized ones begin. Not in Parsed: where other fields take up most of a small limit, how the
  // bytes were split decides how much there is.
  std::vector<std::string> heads;

  Parsed result(const Parser& parser) const {
    Parsed all = parsed_;
    all.last_event_id = parser.last_event_id();
    all.retry = parser.retry();
    return all;
  }

 private:
  Parsed parsed_;
};

inline std::vector<std::string> complete_lines(std::string_view stream, std::string& unfinished) {
  if (stream.substr(0, 3) == "\xEF\xBB\xBF") stream.remove_prefix(3);
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\r' && stream[i] != '\n') {
      line += stream[i];
      continue;
    }
    if (stream[i] == '\r' && i + 1 < stream.size() && stream[i + 1] == '\n') ++i;
    lines.push_back(line);
    line.clear();
  }
  unfinished = line;
  return lines;
}

inline std::optional<std::chrono::milliseconds> retry_by_reference(std::string value) {
  if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  value.erase(0, std::min(value.find_first_not_of('0'), value.size() - 1));
  const std::chrono::milliseconds day = std::chrono::hours{24};
  return value.size() > 15 ? day : std::min(day, std::chrono::milliseconds{std::stoll(value)});
}

class ReferenceParser {
 public:
  explicit ReferenceParser(std::uint64_t limit) : limit_(limit) {}

  void line(const std::string& text) {
    if (text.empty()) return end_of_event();
    if (text[0] == ':') return;
    size_ += text.size();
    if (size_ > limit_) return;
    const std::size_t colon = text.find(':');
    std::string value = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (value[0] == ' ') value.erase(0, 1);
    field(text.substr(0, colon), value);
  }

  Parsed end(const std::string& unfinished) {
    if (!unfinished.empty() && unfinished[0] != ':') size_ += unfinished.size();
    if (size_ > limit_) out_.oversized.push_back(size_);
    return out_;
  }

 private:
  void field(const std::string& name, const std::string& value) {
    if (name == "event") event_ = value;
    if (name == "data") data_ += value + "\n";
    if (name == "id" && value.find('\0') == std::string::npos) id_ = value;
    if (name == "retry" && retry_by_reference(value)) out_.retry = retry_by_reference(value);
  }

  void end_of_event() {
    if (size_ > limit_) {
      out_.oversized.push_back(size_);
      id_ = out_.last_event_id;
    } else {
      out_.last_event_id = id_;
      if (!data_.empty()) {
        data_.pop_back();
        out_.frames.push_back({event_.empty() ? "message" : event_, data_, id_});
      }
    }
    event_.clear();
    data_.clear();
    size_ = 0;
  }

  std::uint64_t limit_;
  Parsed out_;
  std::string event_;
  std::string data_;
  std::string id_;
  std::uint64_t size_ = 0;
};

inline Parsed parse_by_reference(std::string_view stream, std::uint64_t limit) {
  ReferenceParser parser(limit);
  std::string unfinished;
  for (const std::string& line : complete_lines(stream, unfinished)) parser.line(line);
  return parser.end(unfinished);
}

}  // namespace wikiflow::sse
