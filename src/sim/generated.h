// Events made up from a seed, distributed as on the live stream in 2026.
//
// 52 % categorize, 42 % edit, 3 % new, 3 % log, a few of type 142 and external; users and wikis by Zipf;
// sizes with a median of 1.0 KB and a 99th percentile of 1.8 KB, at most about 4.2 KB (the comment is made
// long enough); log events often without `id`, log_params of all four kinds, log_id 0 now and then, one event
// in 500 without a user. Keys in the order that they have on the wire.
//
// Speed: about 1 µs an event (bench).

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/events.h"
#include "sim/zipf.h"

namespace wikiflow::sim {

class Generated final : public Events {
 public:
  Generated(std::uint64_t seed, std::uint64_t users, double zipf);

  std::uint64_t size() const override { return 0; }
  void render(std::uint64_t n, const Entry& entry, std::string& out) const override;
  FrameKind kind(std::uint64_t) const override { return FrameKind::event; }

 private:
  static constexpr std::size_t kSizes = 1024;

  std::uint64_t seed_;
  Zipf users_;
  Zipf wikis_;
  Zipf pages_;
  std::array<std::uint16_t, kSizes> sizes_;  // quantiles of an event's size
};

}  // namespace wikiflow::sim
