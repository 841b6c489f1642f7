#include "sim/flags.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "sim/sample.h"

namespace wikiflow::sim {
namespace {

SimOptions parse(const std::string& line) {
  SimOptions options;
  CLI::App app;
  add_flags(app, options);
  app.parse(line, false);
  return options;
}

TEST(SimFlags, WithoutAnyTheDefaultsStand) {
  const SimOptions options = parse("");
  EXPECT_EQ(options.listen, "127.0.0.1:8090");
  EXPECT_EQ(options.rate, 50);
  EXPECT_EQ(options.lifetime, std::chrono::minutes{15});
  EXPECT_FALSE(options.start_time);
  EXPECT_FALSE(options.history);
}

TEST(SimFlags, EachSetsItsOption) {
  const SimOptions o = parse(
      "--listen :0 --events f --loop --keep-event-times --seed 5 --users 6 --zipf 1.5 --pool 7 --count 8 "
      "--rate 9 "
      "--speed 10 --start-time 2026-11-01T00:00:00Z --history 11 --lifetime-ms 12 --max-per-address 13 "
      "--any-user-agent --record r");
  EXPECT_EQ(o.listen, ":0");
  EXPECT_EQ(o.events_file, "f");
  EXPECT_TRUE(o.loop && o.keep_event_times && o.any_user_agent);
  EXPECT_EQ(o.seed, 5U);
  EXPECT_EQ(o.users, 6U);
  EXPECT_EQ(o.zipf, 1.5);
  EXPECT_EQ(o.pool, 7U);
  EXPECT_EQ(o.count, 8U);
  EXPECT_EQ(o.rate, 9);
  EXPECT_EQ(o.speed, 10);
  EXPECT_EQ(o.start_time, parse_rfc3339("2026-11-01T00:00:00Z"));
  EXPECT_EQ(o.history, 11U);
  EXPECT_EQ(o.lifetime.count(), 12);
  EXPECT_EQ(o.max_per_address, 13U);
  EXPECT_EQ(o.record_file, "r");
  EXPECT_EQ(parse("--sample").events_text.data(), bundled_sample().data());
}

TEST(SimFlags, EachSetsItsFault) {
  const Faults f =
      parse(
          "--cut-after-events 1 --cut-after-bytes 2 --reset-after 3 --duplicate 0.1 --reorder 4 "
          "--malformed 0.2 --oversized 0.3 --oversized-bytes 5 --canary 0.4 --error-frames 0.5 "
          "--stall-after 6 --stall-ms 7 --status 503:0.25 --status 429:0.5 --retry-after 8 --split-writes")
          .faults;
  EXPECT_EQ(f.cut_after_events, 1U);
  EXPECT_EQ(f.cut_after_bytes, 2U);
  EXPECT_EQ(f.reset_after, 3U);
  EXPECT_EQ(f.duplicate, 0.1);
  EXPECT_EQ(f.reorder, 4U);
  EXPECT_EQ(f.malformed, 0.2);
  EXPECT_EQ(f.oversized, 0.3);
  EXPECT_EQ(f.oversized_bytes, 5U);
  EXPECT_EQ(f.canary, 0.4);
  EXPECT_EQ(f.error_frames, 0.5);
  EXPECT_EQ(f.stall_after, 6U);
  EXPECT_EQ(f.stall.count(), 7);
  ASSERT_EQ(f.status.size(), 2U);
  EXPECT_EQ(f.status[0].code, 503);
  EXPECT_EQ(f.status[1].probability, 0.5);
  EXPECT_EQ(f.retry_after.count(), 8);
  EXPECT_TRUE(f.split_writes);
}

TEST(SimFlags, RefuseWhatCannotBe) {
  for (const char* const bad :
       {"--status 503", "--status 503:", "--status x:0.1", "--status 503:0.1x", "--reorder 129",
        "--duplicate 1.5", "--start-time yesterday", "--stall-ms -1", "--nonsense 1"}) {
    EXPECT_THROW(parse(bad), CLI::ParseError) << bad;
  }
}

}  // namespace
}  // namespace wikiflow::sim
