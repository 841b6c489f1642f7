#include "config/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "config/env_file.h"
#include "config/settings.h"

namespace wikiflow::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ResolveTest : public testing::Test {
 protected:
  Result<Resolved> run(const std::vector<Setting>& rows) { return resolve(rows, given_, environment_); }
  Resolved good(const std::vector<Setting>& rows) {
    auto resolved = run(rows);
    EXPECT_TRUE(resolved) << resolved.error().what;
    return resolved ? *std::move(resolved) : Resolved{};
  }
  std::string error(const std::vector<Setting>& rows) {
    const auto resolved = run(rows);
    return resolved ? "no error" : resolved.error().what;
  }

  Given given_;
  std::map<std::string, std::string> files_;
  Environment environment_{
      .variables = {}, .read_file = [this](const std::string& path) -> Result<std::optional<std::string>> {
        if (path == "unreadable") return bad_input("cannot read unreadable: Permission denied");
        const auto found = files_.find(path);
        if (found == files_.end()) return std::optional<std::string>{};
        return std::optional(found->second);
      }};
  const std::vector<Setting> text_{{.name = "CONTACT", .preset = "nobody"}};
  const std::vector<Setting> secret_{{.name = "CASSANDRA_PASSWORD", .kind = Kind::secret}};
};

TEST_F(ResolveTest, TakesFlagBeforeEnvironmentBeforeFileBeforeDefault) {
  const auto expect = [&](const std::string& text, Origin origin, const std::string& where) {
    const auto value = good(text_).values.at("CONTACT");
    EXPECT_EQ(value.text, text);
    EXPECT_EQ(value.origin, origin);
    EXPECT_EQ(value.where, where);
  };
  expect("nobody", Origin::preset, "default");
  files_[".env"] = "# who\nCONTACT=file";
  expect("file", Origin::env_file, ".env line 2");
  environment_.variables["CONTACT"] = "environment";
  expect("environment", Origin::environment, "environment");
  given_.flags["CONTACT"] = "flag";
  expect("flag", Origin::flag, "--contact");
}

TEST_F(ResolveTest, TakesAnEmptyValueAsNotGiven) {
  files_[".env"] = "CONTACT=";
  environment_.variables["CONTACT"] = "";
  EXPECT_EQ(good(text_).values.text("CONTACT"), "nobody");
}

TEST_F(ResolveTest, ReadsAnotherEnvFileThatMustBeThere) {
  given_.env_file = "other";
  EXPECT_EQ(error(text_), "--env-file other: no such file");
  files_["other"] = "CONTACT=x";
  files_[".env"] = "CONTACT=y";
  EXPECT_EQ(good(text_).values.text("CONTACT"), "x");
  given_.env_file = "unreadable";
  EXPECT_THAT(error(text_), HasSubstr("Permission denied"));
}

TEST_F(ResolveTest, NamesFileAndLineOfAMistakeInTheFile) {
  files_[".env"] = "A";
  EXPECT_EQ(error(text_), ".env: line 1: expected '=' after A");
}

TEST_F(ResolveTest, WarnsOfNamesThatNobodyKnows) {
  files_[".env"] =
      "CONSUMER_GRUOP=g\nCOMPOSE_PROJECT_NAME=x\nDOCKER_HOST=y\nCASSANDRA_PASSWORD_FILE=/run/p\n"
      "RDKAFKA_CLIENT_ID=z\nSTORAGE=cassandra\nQQQQQQQQ=1\n";
  EXPECT_THAT(good(text_).warnings,
              ElementsAre(".env line 1: no setting is called CONSUMER_GRUOP (did you mean CONSUMER_GROUP?)",
                          ".env line 7: no setting is called QQQQQQQQ"));
}

TEST_F(ResolveTest, WarnsOfANameSetTwiceAndOfInterpolation) {
  files_[".env"] = "CONTACT=a\nCONTACT=${b}\n";
  const auto resolved = good(text_);
  EXPECT_EQ(resolved.values.text("CONTACT"), "${b}");
  EXPECT_THAT(resolved.warnings, ElementsAre(HasSubstr("line 2: CONTACT was set on line 1"),
                                             HasSubstr("there is no interpolation")));
}

TEST_F(ResolveTest, ReadsASecretFromAFile) {
  files_["/run/secret"] = "hush \n";
  environment_.variables["CASSANDRA_PASSWORD_FILE"] = "/run/secret";
  const auto resolved = good(secret_);
  EXPECT_EQ(resolved.values.text("CASSANDRA_PASSWORD"), "hush ");
  EXPECT_THAT(resolved.values.print(),
              AllOf(HasSubstr("# /run/secret (environment)"), Not(HasSubstr("hush"))));
  given_.flags["CASSANDRA_PASSWORD"] = "louder";
  EXPECT_EQ(good(secret_).values.text("CASSANDRA_PASSWORD"), "louder");
}

TEST_F(ResolveTest, RefusesASecretGivenTwiceOrInNoFile) {
  environment_.variables = {{"CASSANDRA_PASSWORD_FILE", "/run/secret"}};
  EXPECT_EQ(error(secret_), "CASSANDRA_PASSWORD_FILE=/run/secret (environment): no such file");
  environment_.variables["CASSANDRA_PASSWORD"] = "hush";
  EXPECT_THAT(error(secret_), AllOf(HasSubstr("is set too"), Not(HasSubstr("hush"))));
}

TEST_F(ResolveTest, NeverShowsASecretThatCannotBeUsed) {
  given_.flags["CASSANDRA_PASSWORD"] = std::string("hush\0", 5);
  EXPECT_THAT(error(secret_), AllOf(HasSubstr("NUL"), Not(HasSubstr("hush"))));
}

TEST_F(ResolveTest, TellsOfAllBadValuesAtOnce) {
  const std::vector<Setting> rows{
      {.name = "N", .kind = Kind::integer, .min = 1, .max = 9},
      {.name = "D", .kind = Kind::duration, .min = 1000, .max = 60'000, .word = "never"},
      {.name = "L", .kind = Kind::integer, .min = 3},
      {.name = "C", .kind = Kind::choice, .choices = {{"a"}, {"b", "bee"}}}};
  environment_.variables = {{"N", "10"}, {"D", "1 ms"}, {"L", "2"}, {"C", "c"}};
  EXPECT_EQ(error(rows),
            "N=10 (environment): must be from 1 to 9\n"
            "D=1 ms (environment): must be from 1 s to 1 min; or never\n"
            "L=2 (environment): must be at least 3\n"
            "C=c (environment): this version supports a, b (or bee)");
}

TEST_F(ResolveTest, AWordMayStandInPlaceOfAValue) {
  const std::vector<Setting> rows{{.name = "D", .kind = Kind::duration, .preset = "never", .word = "never"}};
  EXPECT_EQ(good(rows).values.maybe_duration("D"), std::nullopt);
  given_.flags["D"] = "2 s";
  EXPECT_EQ(good(rows).values.maybe_duration("D"), std::chrono::seconds{2});
}

TEST_F(ResolveTest, RefusesPropertiesThatThePromiseRestsOn) {
  given_.takes_properties = true;
  environment_.variables = {{"RDKAFKA_ENABLE_IDEMPOTENCE", "false"}};
  given_.properties = {"acks=1", "topic.partitioner=random", "group.id=x", "Bad Name=1", "nothing"};
  const auto text = error({});
  for (const auto* part :
       {"enable.idempotence (environment): cannot be set", "acks (-X)", "topic.partitioner (-X)",
        "set CONSUMER_GROUP instead", "Bad Name", "-X nothing: give name=value"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(ResolveTest, MasksSecretPropertiesAndReadsThemFromFiles) {
  given_.takes_properties = true;
  files_["/run/p"] = "hush\n";
  environment_.variables = {{"RDKAFKA_SASL_PASSWORD_FILE", "/run/p"},
                            {"RDKAFKA_SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE", "/k"}};
  const auto values = good({}).values;
  ASSERT_EQ(values.properties().size(), 2U);
  EXPECT_EQ(values.properties()[0].name, "sasl.oauthbearer.assertion.private.key.file");
  EXPECT_EQ(values.properties()[0].value.text, "/k");
  EXPECT_EQ(values.properties()[1].name, "sasl.password");
  EXPECT_EQ(values.properties()[1].value.text, "hush");
  EXPECT_THAT(values.print(), Not(HasSubstr("hush")));
}

TEST_F(ResolveTest, WhatIsPrintedCanBeReadAgain) {
  given_.flags["CONTACT"] = " a#\"b\" \\ 'c'\td";
  const std::vector<Setting> rows{{.name = "CONTACT", .kind = Kind::path}};
  const auto before = good(rows).values;
  given_.flags.clear();
  files_[".env"] = before.print();
  const auto after = good(rows);
  EXPECT_EQ(after.values.text("CONTACT"), before.text("CONTACT"));
  EXPECT_THAT(after.warnings, IsEmpty());
}

TEST(Settings, EveryDefaultIsAcceptedAndEveryNameStandsOnceForAProgram) {
  std::set<std::pair<std::string, unsigned>> seen;
  for (const auto& setting : settings()) {
    if (!setting.preset.empty()) {
      const auto accepted = accept(setting, setting.preset);
      ASSERT_TRUE(accepted) << setting.name << ": " << accepted.error().what;
      EXPECT_EQ(*accepted, setting.preset) << setting.name;
    }
    for (const auto program :
         {kProducer, kTopicEnsure, kConsumer, kWikiflow, kSimulator, kStore, kConsumerStore, kStoreInit}) {
      if ((setting.programs & program) == 0) continue;
      EXPECT_TRUE(seen.emplace(setting.name, program).second) << setting.name;
    }
  }
}

TEST(Settings, PropertiesAndVariablesNameEachOther) {
  EXPECT_EQ(property_of("RDKAFKA_SECURITY_PROTOCOL"), "security.protocol");
  EXPECT_EQ(variable_of("security.protocol"), "RDKAFKA_SECURITY_PROTOCOL");
  EXPECT_EQ(property_of("RDKAFKA_"), "");
  EXPECT_EQ(property_of("KAFKA_X"), "");
}

TEST(ValuesDeathTest, AskingForANameThatIsNoSettingIsABug) {
  EXPECT_EXIT((void)Values().text("NOTHING"), testing::ExitedWithCode(70), "no setting is called NOTHING");
}

class EnvironmentTest : public testing::Test {
 protected:
  ~EnvironmentTest() override { std::remove(path_.c_str()); }
  const std::string path_ = testing::TempDir() + "wikiflow_environment_test";
};

TEST_F(EnvironmentTest, ReadsSmallFilesAndTheProcessesVariables) {
  const auto environment = process_environment();
  EXPECT_TRUE(environment.variables.contains("PATH"));
  EXPECT_EQ(environment.read_file(path_ + ".missing").value(), std::nullopt);
  std::ofstream(path_) << "a\nb";
  EXPECT_EQ(environment.read_file(path_).value(), "a\nb");
  EXPECT_EQ(environment.read_file(path_ + "/below").value(), std::nullopt);
}

TEST_F(EnvironmentTest, RefusesWhatIsNoSmallFile) {
  const auto environment = process_environment();
  EXPECT_THAT(environment.read_file(testing::TempDir()).error().what, HasSubstr("cannot read"));
  std::ofstream(path_) << std::string((1U << 20U) + 1, 'x');
  EXPECT_THAT(environment.read_file(path_).error().what, HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace wikiflow::config
