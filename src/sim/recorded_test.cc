#include "sim/recorded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/random.h"
#include "sim/sample.h"

namespace wikiflow::sim {
namespace {

constexpr Entry kEntry{Site::codfw, from_unix_ms(1'791'207'722'500), from_unix_ms(1'791'207'722'236), 77};

const std::string kEvent =
    R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"uri":"u","id":"0ff4e043-6b44-4b05-8557-5b3740334a0c",)"
    R"("domain":"en.wikipedia.org","dt":"2020-03-29T22:38:20Z","topic":"eqiad.mediawiki.recentchange","partition":0 ,)"
    R"("offset":2281636878},"timestamp":1585521500,"title":"A \"title\"","user":"B"})";

std::string rendered(const std::string& text, std::uint64_t n, bool shift = true,
                     std::uint64_t first_round = 0) {
  auto recorded = Recorded::parse(text, shift, first_round);
  if (!recorded) return recorded.error().what;
  std::string out;
  (*recorded)->render(n, kEntry, out);
  return out;
}

TEST(Recorded, MovesAnEventToItsPlaceAndLeavesTheRestAsItIs) {
  EXPECT_EQ(
      rendered(kEvent, 0),
      R"({"$schema":"/mediawiki/recentchange/1.0.0","meta":{"uri":"u","id":"0ff4e043-6b44-4b05-8557-5b3740334a0c",)"
      R"("domain":"en.wikipedia.org","dt":"2026-10-05T13:42:02.236Z","topic":"codfw.mediawiki.recentchange",)"
      R"("partition":0 ,"offset":77},"timestamp":1791207722,"title":"A \"title\"","user":"B"})");
}

TEST(Recorded, LeavesTimesAloneWhenAsked) {
  const std::string out = rendered(kEvent, 0, false);
  EXPECT_NE(out.find(R"("dt":"2020-03-29T22:38:20Z")"), std::string::npos);
  EXPECT_NE(out.find(R"("timestamp":1585521500)"), std::string::npos);
  EXPECT_NE(out.find(R"("offset":77)"), std::string::npos);
}

TEST(Recorded, EachRoundHasItsOwnIdAndAlwaysTheSame) {
  const std::string second = rendered(kEvent, 1);
  EXPECT_EQ(second, rendered(kEvent, 1));
  EXPECT_NE(second, rendered(kEvent, 0));
  EXPECT_NE(second, rendered(kEvent, 2));
  EXPECT_EQ(second.size(), rendered(kEvent, 0).size());
}

TEST(Recorded, BeginsWithTheRoundThatItIsTold) {
  EXPECT_EQ(rendered(kEvent, 0, true, 7), rendered(kEvent, 7));
  EXPECT_EQ(rendered(kEvent, 3, true, 7), rendered(kEvent, 10));
}

TEST(Recorded, AddsNothingThatAnEventDoesNotHave) {
  const std::string bare = R"({"meta":{"domain":"a","id":null},"title":"t"})";
  EXPECT_EQ(rendered(bare, 5), bare);
  EXPECT_EQ(rendered(R"({"meta":null})", 5), R"({"meta":null})");
}

TEST(Recorded, KnowsChangesCanariesAndTheRest) {
  auto recorded = Recorded::parse(
      "{\"meta\":{\"domain\":\"a\"},\"title\":\"t\"}\r\n"
      "\n"
      "{\"meta\":{\"domain\":\"canary\"}}\n"
      "{\"meta\":{\"domain\":\"a\"},\"title\":\"\"}\n"
      "{\"title\":\"t\",\"meta\":{\"domain\":7}}\n"
      "{\"meta\":[],\"title\":\"t\"}",
      true);
  ASSERT_TRUE(recorded) << recorded.error().what;
  ASSERT_EQ((*recorded)->size(), 5U);
  EXPECT_EQ((*recorded)->kind(0), FrameKind::event);
  EXPECT_EQ((*recorded)->kind(1), FrameKind::canary);
  for (const std::uint64_t n : {2U, 3U, 4U}) EXPECT_EQ((*recorded)->kind(n), FrameKind::malformed);
  EXPECT_EQ((*recorded)->kind(5), FrameKind::event);
}

TEST(Recorded, RefusesALineThatIsNoObjectAndNamesIt) {
  for (const char* const bad : {"{}\n[1]\n", "{}\n{\"a\":\n{}", "{}\n{} {}\n", "{}\nnull"}) {
    const auto refused = Recorded::parse(bad, true);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
    EXPECT_NE(refused.error().what.find("line 2"), std::string::npos) << refused.error().what;
  }
  EXPECT_FALSE(Recorded::parse("\n\n", true));
}

TEST(Recorded, LoadsAFileAndNamesTheOneItCannotRead) {
  const auto path = std::filesystem::temp_directory_path() / "wikiflow-sim-recorded-test.ndjson";
  std::ofstream(path) << kEvent << "\n" << kEvent;
  const auto loaded = Recorded::load(path.string(), true);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->size(), 2U);
  std::filesystem::remove(path);
  const auto missing = Recorded::load(path.string(), true);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find(path.string()), std::string::npos);
}

TEST(BundledSample, IsAboutTwoThousandChangesOfAllTypes) {
  const auto sample = Recorded::parse(std::string(bundled_sample()), true);
  ASSERT_TRUE(sample) << sample.error().what;
  EXPECT_EQ((*sample)->size(), 1996U);
  for (std::uint64_t n = 0; n < (*sample)->size(); ++n) EXPECT_EQ((*sample)->kind(n), FrameKind::event);
  for (const char* const type : {"edit", "new", "log", "categorize", "142"}) {
    EXPECT_NE(bundled_sample().find("\"type\":\"" + std::string(type) + "\""), std::string_view::npos)
        << type;
  }
}

TEST(BundledSample, HoldsNoTextOfComments) {
  for (const char* const key : {"\"comment\":\"", "\"parsedcomment\":\"", "\"log_action_comment\":\""}) {
    const std::string blank = std::string(key) + "\"";
    std::size_t at = 0;
    while ((at = bundled_sample().find(key, at)) != std::string_view::npos) {
      ASSERT_EQ(bundled_sample().substr(at, blank.size()), blank);
      ++at;
    }
  }
}

}  // namespace
}  // namespace wikiflow::sim
