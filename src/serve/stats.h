// GET /stats: exactly {"by_domain":{...},"by_user":{...}}, and what the numbers are worth in headers.
//
//   X-Wikiflow-As-Of     the counts hold everything sent to the topic up to then; left out while unknown.
//                        From one answer to the next of the same `limit` it does not go back.
//   X-Wikiflow-Complete  true or false
//   X-Wikiflow-Since     only when the topic no longer reaches back to its first record
//
// `?limit=N` keeps the N largest of each map, largest first; without it the order of keys means nothing.
//
// One rendering serves all requests until the counts have changed and a tick has passed. The tick is
// kTickShare times as long as the last rendering took, and at least kLeastTick, so rendering never takes more
// than a fifth of one core, however large the counts and however many ask. Renderings run one at a time: at
// most one full text is being made, and kKeptLimits finished ones are kept.
//
// Threads: any.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "pipeline/tally.h"
#include "serve/server.h"

namespace wikiflow::serve {

// The text of an answer. `limit`: as the parameter.
std::string render_stats(const count::TotalsView& totals, std::optional<std::size_t> limit);

class Stats {
 public:
  // `tally` and `clock` are not owned and outlive the object.
  Stats(pipeline::Tally& tally, const Clock& clock, Metrics& metrics);

  // Answers from what is rendered already, or nullopt when a new rendering is due. Never waits for one.
  std::optional<Response> ready(const Request& request);

  // Answers; renders when that is due.
  Response get(const Request& request);

 private:
  static constexpr std::size_t kKeptLimits = 8;

  struct Rendering {
    std::optional<std::size_t> limit;
    std::shared_ptr<const std::string> body;
    std::uint64_t revision = 0;
    SteadyTime made;
    SteadyTime due;  // before this, the rendering serves even if the counts have changed
    pipeline::Freshness freshness;
  };

  Rendering* find(std::optional<std::size_t> limit);
  Rendering& place();
  std::optional<Response> ready(std::optional<std::size_t> limit);
  void render(std::optional<std::size_t> limit);

  pipeline::Tally& tally_;
  const Clock& clock_;
  std::mutex render_mutex_;  // held while rendering; taken before mutex_
  std::mutex mutex_;
  std::array<Rendering, kKeptLimits> kept_;
  prometheus::Counter& renderings_;
  prometheus::Gauge& bytes_;
};

}  // namespace wikiflow::serve
