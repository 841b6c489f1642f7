// Frames as the source sends them: number n has the title "tn", and comes n seconds after kBegin, so that a
// resume's margin is no more than five of them.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sse/stream_fake.h"

namespace wikiflow::pipeline {

inline constexpr std::int64_t kFramesBegin = 1'791'207'722'000;

inline std::string id_at(std::int64_t ms) {
  return R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":)" + std::to_string(ms) + "}]";
}
inline sse::FakeFrame frame_at(int n, std::int64_t ms) {
  const std::string digits = std::to_string(n);
  const std::string uuid = "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
  return {.data = R"({"meta":{"id":")" + uuid + R"(","domain":"d"},"title":"t)" + digits + R"(","wiki":"w"})",
          .id = id_at(ms)};
}
inline sse::FakeFrame frame(int n) { return frame_at(n, kFramesBegin + n * 1'000); }
inline std::vector<sse::FakeFrame> frames(int from, int to) {
  std::vector<sse::FakeFrame> all;
  for (int n = from; n < to; ++n) all.push_back(frame(n));
  return all;
}

}  // namespace wikiflow::pipeline
