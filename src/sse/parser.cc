#include "sse/parser.h"

#include <algorithm>
#include <cstring>

namespace wikiflow::sse {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::size_t kHeld = kBom.size() + 1;  // enough to tell a comment and an empty line

// Longer than any wait that a client will grant, and far from an overflow.
constexpr std::chrono::milliseconds kMaxRetry = std::chrono::hours{24};

const char* find(const char* from, const char* end, char wanted) {
  const auto* at = static_cast<const char*>(std::memchr(from, wanted, static_cast<std::size_t>(end - from)));
  return at == nullptr ? end : at;
}

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

std::optional<std::chrono::milliseconds> parse_retry(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::chrono::milliseconds wait{0};
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    wait = std::min(wait * 10 + std::chrono::milliseconds{c - '0'}, kMaxRetry);
  }
  return wait;
}

}  // namespace

void Parser::Text::own() {
  if (owned()) return;
  own_.assign(view_);
  view_ = own_;
}

void Parser::Text::append_line(std::string_view line) {
  own();
  own_.push_back('\n');
  own_.append(line);
  view_ = own_;
}

void Parser::Text::take(Text& other) {
  if (other.owned()) {
    own_.swap(other.own_);
    view_ = own_;
  } else {
    view_ = other.view_;
  }
  other.view_ = {};
}

void Parser::Text::release() {
  view_ = {};
  if (own_.capacity() > kKeptCapacity) std::string().swap(own_);
}

bool Parser::feed(std::string_view bytes, Handler& handler) {
  if (bytes.empty()) return true;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  if (after_cr_ && *at == '\n') ++at;
  after_cr_ = false;

  // Each kind of line end is looked for from where it was last found, so no byte is looked at more than
  // twice.
  const char* lf = find(at, end, '\n');
  const char* cr = find(at, end, '\r');
  while (at != end) {
    if (lf < at) lf = find(at, end, '\n');
    if (cr < at) cr = find(at, end, '\r');
    const char* const stop = std::min(lf, cr);
    if (stop == end) {
      hold(between(at, end));
      break;
    }
    const std::string_view line = between(at, stop);
    at = stop + 1;
    if (stop == cr) {
      after_cr_ = at == end;
      if (at != end && *at == '\n') ++at;
    }
    if (!feed_line(line, handler)) {
      own_fields();
      return false;
    }
  }
  own_fields();
  return true;
}

bool Parser::feed_line(std::string_view line, Handler& handler) {
  if (!holding_) return process(line, line.size(), handler);
  hold(line);
  const bool go_on = process(line_, line_size_, handler);
  own_fields();
  line_.clear();
  if (line_.capacity() > kKeptCapacity) std::string().swap(line_);
  line_size_ = 0;
  holding_ = false;
  return go_on;
}

void Parser::hold(std::string_view part) {
  holding_ = true;
  line_size_ += part.size();
  line_.append(part.substr(0, limit_ + kHeld - line_.size()));
  if (first_line_ && line_.size() < kBom.size()) return;  // may yet turn out to be a byte order mark
  const bool comment = weigh_held();
  if ((comment || skipping_) && line_.size() > kHeld) line_.resize(kHeld);
}

bool Parser::weigh_held() {
  const std::uint64_t bom = bom_bytes(line_);
  const bool comment = line_.size() > bom && line_[bom] == ':';
  if (!comment && size_ + line_size_ - bom > limit_) skip_event(std::string_view(line_).substr(bom));
  return comment;
}

std::uint64_t Parser::bom_bytes(std::string_view line) const {
  return first_line_ && line.starts_with(kBom) ? kBom.size() : 0;
}

// `size` is the line's true length: of a line that is being skipped, `line` is only the beginning.
bool Parser::process(std::string_view line, std::uint64_t size, Handler& handler) {
  if (first_line_) {
    const std::uint64_t bom = bom_bytes(line);
    line.remove_prefix(bom);
    size -= bom;
    first_line_ = false;
  }
  if (line.empty()) return dispatch(handler);
  if (line.front() == ':') return true;
  size_ += size;
  if (size_ > limit_) skip_event(line);
  if (!skipping_) field(line);
  return true;
}

void Parser::field(std::string_view line) {
  const char* const colon = find(line.data(), line.data() + line.size(), ':');
  const std::string_view name = between(line.data(), colon);
  std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);

  if (name == "data") {
    if (has_data_) {
      data_.append_line(value);
    } else {
      data_.set(value);
    }
    has_data_ = true;
  } else if (name == "event") {
    event_.set(value);
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    new_id_.set(value);
    has_new_id_ = true;
  } else if (name == "retry") {
    if (const auto wait = parse_retry(value)) retry_ = wait;
  }
}

bool Parser::dispatch(Handler& handler) {
  bool go_on = true;
  if (skipping_) {
    handler.on_oversized(size_, head_);
  } else {
    if (has_new_id_) id_.take(new_id_);
    if (has_data_) {
      const std::string_view event = event_.view();
      go_on = handler.on_frame({event.empty() ? "message" : event, data_.view(), id_.view()});
    }
  }
  clear_event();
  return go_on;
}

// `line`: the one that made it too long, or its beginning.
void Parser::skip_event(std::string_view line) {
  if (skipping_) return;
  constexpr std::string_view kData = "data:";
  std::string head(data_.view().substr(0, kHeadBytes));
  if (line.starts_with(kData)) {
    line.remove_prefix(kData.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) head.push_back('\n');
    head.append(line.substr(0, kHeadBytes));
    head.resize(std::min(head.size(), kHeadBytes));
  }
  const std::uint64_t size = size_;
  clear_event();
  size_ = size;
  head_ = std::move(head);
  skipping_ = true;
}

void Parser::clear_event() {
  event_.release();
  data_.release();
  new_id_.release();
  has_data_ = has_new_id_ = skipping_ = false;
  std::string().swap(head_);
  size_ = 0;
}

void Parser::own_fields() {
  event_.own();
  data_.own();
  new_id_.own();
  id_.own();
}

std::size_t Parser::memory() const {
  return line_.capacity() + head_.capacity() + event_.capacity() + data_.capacity() + new_id_.capacity() +
         id_.capacity();
}

void Parser::end(Handler& handler) {
  const bool comment = weigh_held();  // what might have become a byte order mark is known now to be none
  if (skipping_) {
    handler.on_oversized(size_ + (comment ? 0 : line_size_ - bom_bytes(line_)), head_);
  }
  clear_event();
  std::string().swap(line_);
  line_size_ = 0;
  holding_ = false;
  first_line_ = true;
  after_cr_ = false;
}

}  // namespace wikiflow::sse
