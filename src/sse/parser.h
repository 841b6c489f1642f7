// Bytes of a text/event-stream to frames, as the WHATWG HTML standard says (9.2.6 "Interpreting an event
// stream").
//
// Push style: feed() takes whatever came off the wire and hands out every frame that is complete with it. The
// result does not depend on how the bytes are split. A frame that lies whole in the fed bytes is handed out
// as views into them, so the common case (one data line) copies nothing; only a frame that straddles two
// calls is put together in memory of the parser's own.
//
// Differences from the standard, on purpose:
// - Bytes are not decoded: what is not UTF-8 reaches the handler as it came, and whoever reads the data
// rejects it.
// - An event whose lines (comments and line ends apart) are together longer than the limit is skipped up to
// its
//   blank line and reported once, when it ends, with the beginning of its data; its id does not come into
//   force. This also bounds a single line. How the bytes were split can decide how long that beginning is,
//   but only where other fields take up most of the limit.
//
// Limits: memory of at most six times the limit (growing strings), whatever is fed; capacity beyond
// kKeptCapacity is given back after the event. Threads: one.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/stream.h"

namespace wikiflow::sse {

class Parser {
 public:
  // EventStreams' broker takes nothing larger.
  static constexpr std::size_t kDefaultLimit = std::size_t{4} << 20U;
  static constexpr std::size_t kKeptCapacity = std::size_t{256} << 10U;
  static constexpr std::size_t kHeadBytes = std::size_t{64} << 10U;  // of an event that is skipped

  class Handler {
   public:
    virtual ~Handler() = default;
    // The views are valid during the call. False: nothing more of these bytes is wanted.
    virtual bool on_frame(const Frame& frame) = 0;
    // As FrameSink::on_oversized().
    virtual void on_oversized(std::uint64_t bytes, std::string_view head) = 0;
  };

  explicit Parser(std::size_t limit = kDefaultLimit) : limit_(limit) {}
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // False when the handler said so; the rest of `bytes` is then lost, and only end() may follow.
  bool feed(std::string_view bytes, Handler& handler);

  // The connection is over: an unfinished event is dropped (one that is being skipped is reported). What is
  // fed next is the beginning of another connection; of this one nothing is kept but the last event id and
  // retry().
  void end(Handler& handler);

  // The id in force: that of the last complete event which carried one.
  std::string_view last_event_id() const { return id_.view(); }

  // What the server asked clients to wait before they reconnect.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

  // Bytes of memory held for what is under way.
  std::size_t memory() const;

 private:
  // A field's text: a view into the fed bytes until own() copies it, before these go away.
  class Text {
   public:
    std::string_view view() const { return view_; }
    void set(std::string_view text) { view_ = text; }
    void own();
    void append_line(std::string_view line);
    void take(Text& other);
    void release();
    std::size_t capacity() const { return own_.capacity(); }

   private:
    bool owned() const { return view_.data() == own_.data(); }
    std::string_view view_;
    std::string own_;
  };

  bool feed_line(std::string_view line, Handler& handler);
  void hold(std::string_view part);
  // Skips the event when what is held makes it too long. True when that is a comment, which has no size.
  bool weigh_held();
  bool process(std::string_view line, std::uint64_t size, Handler& handler);
  void field(std::string_view line);
  bool dispatch(Handler& handler);
  void skip_event(std::string_view line);
  void clear_event();
  void own_fields();
  std::uint64_t bom_bytes(std::string_view line) const;

  const std::size_t limit_;

  // The event under way.
  Text event_;
  Text data_;
  Text new_id_;
  bool has_data_ = false;
  bool has_new_id_ = false;
  bool skipping_ = false;
  std::uint64_t size_ = 0;  // of its lines so far
  std::string head_;        // of its data, once it is skipped

  // The line under way: its beginning, when it did not lie whole in one call's bytes. Of a comment or of a
  // line that is being skipped only as much as tells what it is.
  std::string line_;
  std::uint64_t line_size_ = 0;
  bool holding_ = false;

  bool first_line_ = true;  // a byte order mark may stand before it
  bool after_cr_ = false;   // the last byte was CR: LF would belong to it
  Text id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace wikiflow::sse
