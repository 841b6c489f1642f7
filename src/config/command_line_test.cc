#include "config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/programs.h"

namespace wikiflow::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

CommandLine producer() {
  return {.name = "producer",
          .summary = "reads the stream of changes and writes it to a topic",
          .version = [] { return std::string("producer 1.2.3"); },
          .commands = {{.program = kProducer,
                        .options = {option("TO", Kind::text, "", "stdout", "print records instead"),
                                    option_toggle("CHECK", "check the settings and leave")}},
                       {.name = "topic ensure", .help = "make or check the topic", .program = kTopicEnsure}}};
}

CommandLine wikiflow() {
  return {.name = "wikiflow",
          .summary = "all in one process",
          .version = [] { return std::string("wikiflow 1.2.3"); },
          .commands = {{.name = "run", .help = "count and serve", .program = kWikiflow},
                       {.name = "simulate",
                        .help = "serve a stream",
                        .program = kSimulator,
                        .options = {option("RATE", Kind::number, "30", "N", "events a second")}},
                       {.name = "version", .help = "print the version"}}};
}

class CommandLineTest : public ::testing::Test {
 protected:
  tl::expected<Invocation, Exit> read(const CommandLine& line, std::vector<std::string> arguments) {
    return read_command_line(line, arguments, environment_);
  }
  Exit exit_of(const CommandLine& line, std::vector<std::string> arguments) {
    auto invocation = read(line, std::move(arguments));
    EXPECT_FALSE(invocation.has_value()) << "went on instead of leaving";
    return invocation ? Exit{} : invocation.error();
  }

  std::map<std::string, std::string> files_;
  Environment environment_{
      .variables = {}, .read_file = [this](const std::string& path) -> Result<std::optional<std::string>> {
        const auto found = files_.find(path);
        if (found == files_.end()) return std::optional<std::string>{};
        return std::optional(found->second);
      }};
};

TEST_F(CommandLineTest, GivesDefaultsWhenNothingIsSaid) {
  const auto invocation = read(producer(), {});
  ASSERT_TRUE(invocation) << invocation.error().err;
  EXPECT_EQ(invocation->command, "");
  const auto settings = producer_settings(invocation->values);
  EXPECT_EQ(settings.broker.bootstrap, "localhost:9092");
  EXPECT_EQ(settings.topic.name, "wikipedia.changes");
  EXPECT_EQ(settings.topic.dead_letters, "wikipedia.changes.dlq");
  EXPECT_EQ(settings.topic.partitions, 6);
  EXPECT_EQ(settings.topic.replication, -1);
  EXPECT_EQ(settings.topic.retention, std::chrono::days{30});
  EXPECT_TRUE(settings.topic.create);
  EXPECT_EQ(settings.source.url, "https://stream.wikimedia.org/v2/stream/recentchange");
  EXPECT_EQ(settings.source.from.kind, From::Kind::latest);
  EXPECT_EQ(settings.http_addr, ":8081");
  EXPECT_FALSE(settings.give_up_after);
  EXPECT_FALSE(invocation->values.on("CHECK"));
  EXPECT_FALSE(invocation->values.is_set("TO"));
}

TEST_F(CommandLineTest, EachProgramServesAtItsOwnDefaultAddress) {
  EXPECT_EQ(wikiflow_settings(read(wikiflow(), {"run"})->values).http_addr, "127.0.0.1:8080");
  EXPECT_EQ(simulator_settings(read(wikiflow(), {"simulate"})->values).http_addr, "127.0.0.1:8090");
  const CommandLine consumer{
      .name = "consumer", .summary = "", .version = {}, .commands = {{.program = kConsumer}}};
  const auto settings = consumer_settings(read(consumer, {"--storage", "in-memory"})->values);
  EXPECT_EQ(settings.http_addr, ":8080");
  EXPECT_EQ(settings.storage, "memory");
  EXPECT_EQ(settings.group, "wikipedia-consumer-group");
  EXPECT_EQ(settings.max_concurrent_fetches, 5);
}

TEST_F(CommandLineTest, TakesFlagsBeforeAndAfterACommand) {
  const auto invocation =
      read(producer(), {"--topic-partitions", "3", "topic", "ensure", "--wikipedia-topic=t"});
  ASSERT_TRUE(invocation) << invocation.error().err;
  EXPECT_EQ(invocation->command, "topic ensure");
  const auto settings = topic_ensure_settings(invocation->values);
  EXPECT_EQ(settings.topic.partitions, 3);
  EXPECT_EQ(settings.topic.name, "t");
}

TEST_F(CommandLineTest, TheLastOfARepeatedFlagCounts) {
  const auto invocation = read(producer(), {"--http-addr", ":1", "--http-addr", "[::1]:2"});
  ASSERT_TRUE(invocation) << invocation.error().err;
  EXPECT_EQ(invocation->values.text("HTTP_ADDR"), "[::1]:2");
}

TEST_F(CommandLineTest, TakesABracketedHostAndAnEmptyValueAsTheyAre) {
  const auto invocation = read(producer(), {"--redpanda-broker", "[::1]", "--contact", ""});
  ASSERT_TRUE(invocation) << invocation.error().err;
  EXPECT_EQ(invocation->values.text("REDPANDA_BROKER"), "[::1]");
  EXPECT_EQ(invocation->values.text("CONTACT"), "");
}

TEST_F(CommandLineTest, HandsLibrdkafkaPropertiesThrough) {
  environment_.variables["RDKAFKA_SECURITY_PROTOCOL"] = "plaintext";
  const auto invocation =
      read(producer(), {"-X", "security.protocol=ssl", "-X", "client.id=a=b", "--check", "-Xlinger.ms=5"});
  ASSERT_TRUE(invocation) << invocation.error().err;
  EXPECT_TRUE(invocation->values.on("CHECK"));
  const std::vector<std::pair<std::string, std::string>> expected{
      {"client.id", "a=b"}, {"linger.ms", "5"}, {"security.protocol", "ssl"}};
  EXPECT_EQ(producer_settings(invocation->values).broker.properties, expected);
}

TEST_F(CommandLineTest, LeavesWith64AndASuggestionForAnUnknownFlag) {
  const auto exit = exit_of(producer(), {"--redpanda-brokr=x"});
  EXPECT_EQ(exit.code, ExitCode::usage);
  EXPECT_THAT(exit.err, AllOf(HasSubstr("--redpanda-brokr"), HasSubstr("did you mean --redpanda-broker?"),
                              HasSubstr("producer --help")));
  EXPECT_THAT(exit_of(producer(), {"topic", "ensure", "--topic-retentoin", "1 d"}).err,
              HasSubstr("did you mean --topic-retention?"));
  EXPECT_THAT(exit_of(producer(), {"--hepl"}).err, HasSubstr("did you mean --help?"));
  EXPECT_THAT(exit_of(producer(), {"--zzzzzzzz"}).err, Not(HasSubstr("did you mean")));
}

TEST_F(CommandLineTest, SaysThatAFlagBelongsToAnother) {
  EXPECT_THAT(exit_of(producer(), {"--consumer-group", "g"}).err,
              HasSubstr("--consumer-group is not an option of producer"));
  const auto exit = exit_of(producer(), {"topic", "ensure", "--from", "latest"});
  EXPECT_EQ(exit.code, ExitCode::usage);
  EXPECT_THAT(exit.err, HasSubstr("--from is not an option of producer topic ensure"));
  EXPECT_THAT(exit_of(wikiflow(), {"run", "-X", "a=b"}).err,
              HasSubstr("-X is not an option of wikiflow run"));
  EXPECT_THAT(exit_of(wikiflow(), {"version", "--env-file", "x"}).err,
              HasSubstr("--env-file is not an option"));
}

TEST_F(CommandLineTest, LeavesWith64ForAnythingElseThatIsWrongInTheWords) {
  EXPECT_EQ(exit_of(producer(), {"--http-addr"}).code, ExitCode::usage);
  EXPECT_EQ(exit_of(producer(), {"surprise"}).code, ExitCode::usage);
  EXPECT_THAT(exit_of(producer(), {"topic"}).err, HasSubstr("topic ensure"));
  EXPECT_THAT(exit_of(wikiflow(), {}).err, HasSubstr("run, simulate, version"));
  EXPECT_THAT(exit_of(wikiflow(), {"rum"}).err, HasSubstr("did you mean run?"));
  EXPECT_EQ(exit_of(wikiflow(), {"run", "simulate"}).code, ExitCode::usage);
}

TEST_F(CommandLineTest, LeavesWith78NamingEachBadValue) {
  environment_.variables["TOPIC_PARTITIONS"] = "many";
  files_[".env"] = "\nTOPIC_RETENTION=soon\n";
  const auto exit = exit_of(producer(), {"--http-addr", "8080"});
  EXPECT_EQ(exit.code, ExitCode::bad_config);
  EXPECT_THAT(exit.err, HasSubstr("HTTP_ADDR=8080 (--http-addr): '8080' is not an address"));
  EXPECT_THAT(exit.err, HasSubstr("TOPIC_PARTITIONS=many (environment): give a whole number"));
  EXPECT_THAT(exit.err, HasSubstr("TOPIC_RETENTION=soon (.env line 2): give a whole number and a unit"));
}

TEST_F(CommandLineTest, SaysWhichStorageThisVersionSupports) {
  const auto exit = exit_of(wikiflow(), {"run", "--storage", "cassandra"});
  EXPECT_EQ(exit.code, ExitCode::bad_config);
  EXPECT_THAT(
      exit.err,
      HasSubstr("STORAGE=cassandra (--storage): this version supports memory (or in-memory), rocksdb"));
}

TEST_F(CommandLineTest, ChecksAnOptionOfACommandAsItChecksSettings) {
  EXPECT_EQ(read(wikiflow(), {"simulate", "--rate", "2.5"})->values.number("RATE"), 2.5);
  const auto exit = exit_of(wikiflow(), {"simulate", "--rate", "fast"});
  EXPECT_EQ(exit.code, ExitCode::bad_config);
  EXPECT_THAT(exit.err, HasSubstr("--rate=fast: give a number"));
}

TEST_F(CommandLineTest, HelpFitsAScreenAndShowsDefaultsAndEnvironmentNames) {
  const CommandLine consumer{
      .name = "consumer", .summary = "", .version = {}, .commands = {{.program = kConsumer}}};
  for (const auto& line : {producer(), wikiflow(), consumer}) {
    for (const auto& command : line.commands) {
      const auto help = help_text(line, command);
      EXPECT_LE(std::ranges::count(help, '\n'), 40) << help;
      EXPECT_THAT(help, Not(HasSubstr(" \n")));
      std::size_t begin = 0;
      for (auto end = help.find('\n'); end != std::string::npos; end = help.find('\n', begin)) {
        EXPECT_LE(end - begin, 100U) << help.substr(begin, end - begin);
        begin = end + 1;
      }
    }
  }
  const auto exit = exit_of(producer(), {"--help"});
  EXPECT_EQ(exit.code, ExitCode::ok);
  EXPECT_THAT(exit.out, AllOf(HasSubstr("--redpanda-broker"), HasSubstr("REDPANDA_BROKER"),
                              HasSubstr("[localhost:9092]"), HasSubstr("--to stdout"), HasSubstr("--check"),
                              HasSubstr("producer topic ensure")));
  EXPECT_THAT(exit_of(producer(), {"topic", "ensure", "-h"}).out, Not(HasSubstr("--from")));
  EXPECT_THAT(exit_of(wikiflow(), {"--help"}).out, AllOf(HasSubstr("wikiflow run"), HasSubstr("simulate")));
}

TEST_F(CommandLineTest, HelpAndVersionAreAnsweredWhateverElseIsWrong) {
  environment_.variables["HTTP_ADDR"] = "nonsense";
  EXPECT_EQ(exit_of(producer(), {"--help", "--what"}).code, ExitCode::ok);
  EXPECT_EQ(exit_of(producer(), {"--version"}).out, "producer 1.2.3\n");
  EXPECT_EQ(exit_of(wikiflow(), {"--version"}).out, "wikiflow 1.2.3\n");
}

TEST_F(CommandLineTest, PrintsTheConfigurationWithOrigins) {
  environment_.variables = {{"CONTACT", "me # you"}, {"RDKAFKA_SASL_PASSWORD", "hush"}};
  files_["other.env"] = "LOG_LEVEL=debug\nLOGLEVEL=info\n";
  const auto exit = exit_of(producer(), {"--print-config", "--env-file", "other.env", "--http-addr", ":9",
                                         "--wikipedia-stream-url", "http://u:p@h/s"});
  EXPECT_EQ(exit.code, ExitCode::ok);
  EXPECT_THAT(exit.out, ::testing::ContainsRegex("HTTP_ADDR=:9 +# --http-addr\n"));
  EXPECT_THAT(exit.out, ::testing::ContainsRegex("LOG_LEVEL=debug +# other.env line 1\n"));
  EXPECT_THAT(exit.out, ::testing::ContainsRegex("CONTACT=\"me # you\" +# environment\n"));
  EXPECT_THAT(exit.out, ::testing::ContainsRegex("TOPIC_PARTITIONS=6 +# default\n"));
  EXPECT_THAT(exit.out, HasSubstr("http://u:***@h/s"));
  EXPECT_THAT(exit.out, ::testing::ContainsRegex("RDKAFKA_SASL_PASSWORD=\\*+ +# environment\n"));
  EXPECT_THAT(exit.out, Not(HasSubstr("hush")));
  EXPECT_THAT(exit.out, Not(HasSubstr("CHECK")));
  EXPECT_THAT(exit.err, HasSubstr("did you mean LOG_LEVEL?"));
}

TEST_F(CommandLineTest, RefusesAUrlWithoutShowingItsPassword) {
  const auto exit = exit_of(producer(), {"--wikipedia-stream-url", "http://u:hush@two words/s"});
  EXPECT_EQ(exit.code, ExitCode::bad_config);
  EXPECT_THAT(exit.err, HasSubstr("http://u:***@two words/s"));
  EXPECT_THAT(exit.err, Not(HasSubstr("hush")));
}

TEST_F(CommandLineTest, SplitsArgvAndReturnsTheExitCode) {
  const std::vector<const char*> argv{"producer", "--check", "x"};
  EXPECT_EQ(arguments_of(static_cast<int>(argv.size()), argv.data()),
            (std::vector<std::string>{"--check", "x"}));
  EXPECT_EQ(leave({ExitCode::unavailable, "", ""}), 69);
}

}  // namespace
}  // namespace wikiflow::config
