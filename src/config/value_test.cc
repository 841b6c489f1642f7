#include "config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/address.h"
#include "config/suggest.h"

namespace wikiflow::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(ParseDuration, TakesAWholeNumberAndAUnit) {
  EXPECT_EQ(parse_duration("500 ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5 min"), 5min);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2H"), 2h);
  EXPECT_EQ(parse_duration("30 d"), std::chrono::days{30});
  EXPECT_EQ(parse_duration("4w"), std::chrono::weeks{4});
  EXPECT_EQ(parse_duration("0 ms"), 0ms);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const auto* text : {"", "5", "s", "-5 s", "+5 s", "1.5 h", "5 years", "5 s s", " 5 s",
                           "99999999999999999999 s", "9223372036854775807 w"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(FormatDuration, IsReadBackAsTheSame) {
  EXPECT_EQ(format_duration(std::chrono::days{30}), "30 d");
  for (const auto duration : {0ms, 1ms, 1500ms, 60'000ms, 3'600'000ms, 604'800'000ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(ParseNumbers, AreStrict) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_FALSE(parse_integer("12 "));
  EXPECT_FALSE(parse_integer("1e3"));
  EXPECT_FALSE(parse_integer(""));
  EXPECT_FALSE(parse_integer("9223372036854775808"));
  EXPECT_EQ(parse_number("2.5"), 2.5);
  EXPECT_FALSE(parse_number("inf"));
  EXPECT_FALSE(parse_number("nan"));
  EXPECT_FALSE(parse_number("2,5"));
}

TEST(ParseBool, TakesTheUsualWords) {
  for (const auto* text : {"true", "YES", "on", "1"}) EXPECT_EQ(parse_bool(text), true) << text;
  for (const auto* text : {"False", "no", "off", "0"}) EXPECT_EQ(parse_bool(text), false) << text;
  EXPECT_FALSE(parse_bool("maybe"));
}

TEST(ParseHosts, TakesNamesAddressesAndPorts) {
  EXPECT_THAT(parse_hosts("a:9092, b.example , [::1]:1,[fe80::1%eth0],10.0.0.1:9").value(),
              ElementsAre("a:9092", "b.example", "[::1]:1", "[fe80::1%eth0]", "10.0.0.1:9"));
  for (const auto* text : {"", "a,,b", "a:", "a:0", "a:70000", "a b", "::1", ":9092", "a/b", "[]:1"}) {
    EXPECT_FALSE(parse_hosts(text)) << text;
  }
}

TEST(CheckUrl, WantsHttpAndAHost) {
  for (const auto* text : {"http://h", "HTTPS://h:1/p?q#f", "http://u:p@[::1]:8090/s", "http://h?x=@"}) {
    EXPECT_TRUE(check_url(text)) << text;
  }
  for (const auto* text :
       {"", "h", "ftp://h", "http:/h", "http://", "http://a b", "http://h:x/", "http://h/\n"}) {
    EXPECT_FALSE(check_url(text)) << text;
  }
}

TEST(MaskUrl, HidesOnlyThePassword) {
  EXPECT_EQ(mask_url("http://u:p:q@h:1/a:b@c"), "http://u:***@h:1/a:b@c");
  for (const auto* text : {"http://h:1/a:b@c", "http://u@h", "nothing"}) EXPECT_EQ(mask_url(text), text);
}

TEST(CheckTopic, FollowsKafkasRules) {
  EXPECT_TRUE(check_topic("wikipedia.changes_2-x"));
  EXPECT_TRUE(check_topic(std::string(240, 'a')));
  for (const std::string& text : {std::string(), std::string("."), std::string(".."), std::string("a b"),
                                  std::string("a/b"), std::string(241, 'a')}) {
    EXPECT_FALSE(check_topic(text)) << text;
  }
}

TEST(ParseFrom, TakesWordsAndTimes) {
  EXPECT_EQ(parse_from("latest")->kind, From::Kind::latest);
  EXPECT_EQ(parse_from("earliest")->kind, From::Kind::earliest);
  const From expected{From::Kind::time, *parse_rfc3339("2026-11-23T00:00:00Z")};
  EXPECT_EQ(parse_from("2026-11-23T01:00:00+01:00"), expected);
  EXPECT_EQ(parse_from("2026-11-23"), expected);
  EXPECT_EQ(parse_from(std::to_string(unix_ms(expected.time))), expected);
  for (const auto* text : {"", "yesterday", "1791207722", "-1", "2026-13-01", "2026"}) {
    EXPECT_FALSE(parse_from(text)) << text;
  }
}

TEST(ParseAddress, TakesThreeForms) {
  EXPECT_EQ(parse_address("127.0.0.1:8080")->host, "127.0.0.1");
  EXPECT_EQ(parse_address(":8080")->host, "");
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_address("my-host:65535")->port, 65535);
  for (const auto* text : {"", "8080", "host", "host:", "host:65536", "host:-1", "host: 1", "::1:8080",
                           "[::1]", "[x y]:1", "[::1:8080", "a/b:1"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error().what, testing::HasSubstr("host:port"));
  }
  for (const auto* text : {"127.0.0.1:8080", ":8080", "[::1]:80"})
    EXPECT_EQ(to_string(*parse_address(text)), text);
}

TEST(EditDistance, CountsLettersAddedRemovedChangedOrSwapped) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("--from", "--form"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("HTTP_ADDR", "http_addr"), 0U);
  EXPECT_EQ(edit_distance(std::string(1000, 'a'), std::string(1000, 'b')), 64U);
}

TEST(Nearest, FindsOnlyWhatIsNear) {
  const std::vector<std::string> names{"--topic-retention", "--topic-replication", "--from"};
  EXPECT_EQ(nearest("--topic-retnetion", names), "--topic-retention");
  EXPECT_EQ(nearest("--frm", names), "--from");
  EXPECT_FALSE(nearest("--consumer-group", names));
  EXPECT_EQ(did_you_mean("--fron", names), " (did you mean --from?)");
  EXPECT_EQ(did_you_mean("--x", {}), "");
}

}  // namespace
}  // namespace wikiflow::config
