#include "sim/generated.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "event/event_id.h"
#include "sim/names.h"
#include "sim/start_test.h"

namespace wikiflow::sim {
namespace {

constexpr std::uint64_t kCensusEvents = 50'000;

// What 50,000 events of seed 1 hold, read by a parser that has no part in writing them.
struct Census {
  std::map<std::string, int> types;
  std::map<std::string, int> domains;
  std::map<std::string, int> users;
  std::map<std::string, int> log_params;
  std::set<std::string> ids;
  std::set<std::int64_t> namespaces;
  std::vector<std::size_t> sizes;
  int no_user = 0;
  int logs_without_id = 0;
  int log_id_zero = 0;
  std::string titles;
  std::vector<std::string> keys_of_an_edit;
};

void look_at_log(simdjson::dom::element event, Census& census) {
  const simdjson::dom::element params = event["log_params"];
  const char type = static_cast<char>(params.type());
  const bool empty = params.is_array() && simdjson::dom::array(params).size() == 0;
  ++census.log_params[empty ? "[]" : std::string(1, type)];
  if (event["id"].error() != simdjson::SUCCESS) ++census.logs_without_id;
  if (std::int64_t(event["log_id"]) == 0) ++census.log_id_zero;
}

Census take_census() {
  Census census;
  const Log log(1, kStart, 60, 0);
  const Generated generated(1, 10'000, 1.0);
  simdjson::dom::parser parser;
  for (std::uint64_t n = 0; n < kCensusEvents; ++n) {
    std::string text;
    generated.render(n, log.entry(n), text);
    census.sizes.push_back(text.size());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    simdjson::dom::element event;
    EXPECT_EQ(parser.parse(text).get(event), simdjson::SUCCESS) << text;
    const std::string type(event["type"].get_string().value());
    ++census.types[type];
    ++census.domains[std::string(event["meta"]["domain"].get_string().value())];
    census.ids.emplace(event["meta"]["id"].get_string().value());
    census.namespaces.insert(event["namespace"].get_int64().value());
    census.titles += event["title"].get_string().value();
    std::string_view user;
    if (event["user"].get(user) == simdjson::SUCCESS) {
      ++census.users[std::string(user)];
    } else {
      ++census.no_user;
    }
    if (type == "log") look_at_log(event, census);
    if (type == "edit" && census.keys_of_an_edit.empty()) {
      for (const auto& field : simdjson::dom::object(event)) census.keys_of_an_edit.emplace_back(field.key);
    }
  }
  std::sort(census.sizes.begin(), census.sizes.end());
  return census;
}

const Census& census() {
  static const Census taken = take_census();
  return taken;
}

TEST(Generated, HasTheMixOfTypesOfTheLiveStream) {
  const auto percent = [](const char* type) { return 100.0 * census().types.at(type) / kCensusEvents; };
  EXPECT_NEAR(percent("categorize"), 52, 1);
  EXPECT_NEAR(percent("edit"), 42, 1);
  EXPECT_NEAR(percent("new"), 3, 0.4);
  EXPECT_NEAR(percent("log"), 3, 0.4);
  EXPECT_GT(census().types.at("142"), 0);
}

TEST(Generated, HasTheSizesOfTheLiveStream) {
  const auto& sizes = census().sizes;
  EXPECT_NEAR(static_cast<double>(sizes[kCensusEvents / 2]), 1024, 60);
  EXPECT_NEAR(static_cast<double>(sizes[kCensusEvents * 99 / 100]), 1800, 120);
  EXPECT_LT(sizes.back(), 4400U);
}

TEST(Generated, GivesEachEventItsOwnValidId) {
  EXPECT_EQ(census().ids.size(), kCensusEvents);
  for (const std::string& id : census().ids) {
    const auto parsed = EventId::parse_uuid(id);
    ASSERT_TRUE(parsed) << id;
    EXPECT_EQ(parsed->bytes[6] >> 4, 4);
  }
}

TEST(Generated, SpreadsEventsOverUsersAndWikisUnevenly) {
  const auto largest = [](const std::map<std::string, int>& counts) {
    int most = 0;
    for (const auto& [name, count] : counts) most = std::max(most, count);
    return most;
  };
  // 1 / H(10000) = 10.2 % of events are by the first user.
  EXPECT_NEAR(largest(census().users), kCensusEvents * 0.102, kCensusEvents * 0.008);
  EXPECT_GT(census().users.size(), 5000U);
  EXPECT_LE(census().users.size(), 10'000U);
  EXPECT_EQ(census().domains.count("commons.wikimedia.org"), 1U);
  EXPECT_EQ(largest(census().domains), census().domains.at("commons.wikimedia.org"));
  EXPECT_GT(census().domains.size(), 200U);
}

TEST(Generated, HoldsTheOdditiesOfLogEvents) {
  EXPECT_EQ(census().log_params.size(), 4U);  // object, array, [] and string
  EXPECT_GT(census().logs_without_id, 0);
  EXPECT_GT(census().log_id_zero, 0);
  EXPECT_NEAR(census().no_user, static_cast<double>(kCensusEvents) / 500, 50);
  EXPECT_EQ(*census().namespaces.begin(), -1);
  EXPECT_EQ(*census().namespaces.rbegin(), 2600);
}

TEST(Generated, HoldsOddNames) {
  std::string users;
  for (const auto& [user, count] : census().users) users += user + "\n";
  for (const char* const part :
       {"'", "&", ",", "مستخدم", "\u0301", "192.0.2.", "2001:DB8:", "~2026-", "🦊", "\u200E"}) {
    EXPECT_NE(users.find(part), std::string::npos) << part;
  }
  for (const char* const part : {"\"", "\\", "𐎿", "🦊", "&", "<"}) {
    EXPECT_NE(census().titles.find(part), std::string::npos) << part;
  }
}

TEST(Generated, WritesKeysInTheOrderOfTheWire) {
  EXPECT_EQ(census().keys_of_an_edit, (std::vector<std::string>{"$schema",
                                                                "meta",
                                                                "id",
                                                                "type",
                                                                "namespace",
                                                                "title",
                                                                "title_url",
                                                                "comment",
                                                                "timestamp",
                                                                "user",
                                                                "bot",
                                                                "notify_url",
                                                                "minor",
                                                                "patrolled",
                                                                "length",
                                                                "revision",
                                                                "server_url",
                                                                "server_name",
                                                                "server_script_path",
                                                                "wiki",
                                                                "parsedcomment"}));
}

TEST(Generated, IsTheSameForTheSameSeedOnly) {
  const Log log(1, kStart, 60, 0);
  std::string a;
  std::string b;
  std::string other;
  Generated(1, 100, 1.0).render(9, log.entry(9), a);
  Generated(1, 100, 1.0).render(9, log.entry(9), b);
  Generated(2, 100, 1.0).render(9, log.entry(9), other);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, other);
}

TEST(Names, NoTwoUsersShareOne) {
  constexpr std::uint64_t kUsers = 200'000;
  std::set<std::string> names;
  std::string name;
  for (std::uint64_t rank = 1; rank <= kUsers; ++rank) {
    user_name(rank, name);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kUsers);
}

TEST(Names, NoTwoWikisShareADomainOrAnId) {
  std::set<std::string> domains;
  std::set<std::string> ids;
  for (const Wiki& wiki : wikis()) {
    domains.insert(wiki.domain);
    ids.insert(wiki.id);
  }
  EXPECT_EQ(domains.size(), wikis().size());
  EXPECT_EQ(ids.size(), wikis().size());
  EXPECT_GT(wikis().size(), 280U);
}

TEST(Names, TitlesAreEncodedForUrls) {
  std::string out;
  append_url_title("A b&\"é", out);
  EXPECT_EQ(out, "A_b%26%22%C3%A9");
}

}  // namespace
}  // namespace wikiflow::sim
