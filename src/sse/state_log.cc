#include "sse/state_log.h"

namespace wikiflow::sse {
namespace {

std::string in_ms(std::chrono::milliseconds duration) { return std::to_string(duration.count()); }

LogLevel level_of(const Disconnect& why, bool refused, bool was_up, bool news) {
  if (!news) return LogLevel::debug;
  if (refused) return LogLevel::error;
  return was_up && why.cause == Cause::closed ? LogLevel::info : LogLevel::warn;
}

}  // namespace

void StateLog::on_frames() {
  if (std::exchange(up_, true)) return;
  if (!trouble_) {
    log(tries_ == 0 ? LogLevel::info : LogLevel::debug, part_, "stream is up");
  } else {
    const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - down_since_);
    log_info(part_, "stream is up again", {{"tries", std::to_string(tries_)}, {"away_ms", in_ms(away)}});
  }
  tries_ = 0;
  trouble_.reset();
}

void StateLog::on_end(const Disconnect& why, bool refused) {
  const bool was_up = std::exchange(up_, false);
  if (tries_++ == 0) down_since_ = clock_.steady();
  // After a connection that had brought frames the next try is expected to work: no trouble yet.
  const std::pair trouble{why.cause, why.status};
  const bool news = !was_up && std::exchange(trouble_, trouble) != trouble;
  const auto cut = was_up ? cuts_.allow(clock_.steady()) : std::nullopt;
  log(level_of(why, refused, was_up, was_up ? cut.has_value() : news), part_,
      why.wait ? "disconnected; will try again" : "disconnected for good",
      {{"cause", std::string(to_string(why.cause))},
       {"detail", why.detail},
       {"wait_ms", why.wait ? in_ms(*why.wait) : "none"},
       {"not_shown", std::to_string(cut.value_or(0))}});
}

}  // namespace wikiflow::sse
