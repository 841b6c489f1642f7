#include "wikiflow/dlq.h"

#include <filesystem>
#include <memory>

#include "base/utf8.h"
#include "pipeline/dead_letter_topic.h"
#include "run/options.h"
#include "run/report.h"
#include "run/topics.h"
#include "topic/local/local.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;

constexpr std::size_t kShownBytes = 200;
constexpr std::int64_t kMostListed = 1'000'000;
constexpr std::chrono::milliseconds kForEver = std::chrono::hours{24 * 365};

Result<std::unique_ptr<topic::Broker>> open_place(const config::DlqSettings& settings, DlqPlace place,
                                                  const Factories& factories, Metrics& metrics) {
  if (place == DlqPlace::broker) {
    return factories.kafka(kafka_options(settings.broker, "wikiflow-dlq"), metrics);
  }
  // No directory is made only to look into it.
  if (!std::filesystem::exists(std::filesystem::path(settings.state_dir) / "db")) {
    return fatal("there is no log of `wikiflow run` in '" + settings.state_dir + "': see --state-dir");
  }
  return topic::local::open(settings.state_dir, {}, {}, metrics, factories.clock);
}

// With both topics there. Nothing when stopped before.
Result<std::unique_ptr<topic::Broker>> connect(const config::DlqSettings& settings, DlqPlace place,
                                               const Factories& factories, Metrics& metrics,
                                               const std::stop_token& stop) {
  auto broker = open_place(settings, place, factories, metrics);
  if (!broker) return broker;
  auto spec = dead_letter_spec(settings.topic);
  spec.create = false;
  const auto state = ensure_patiently(**broker, spec, settings.give_up_after, factories.clock, stop);
  if (!state) return tl::make_unexpected(state.error());
  if (!*state) return nullptr;
  return broker;
}

void field(std::string_view name, std::string_view value, std::string& line) {
  line += line.empty() ? "{\"" : ",\"";
  line += name;
  line += "\":\"";
  append_json_escaped(value, line);
  line += '"';
}

std::string line_of(const pipeline::ListedLetter& listed) {
  const pipeline::DeadLetter& letter = listed.letter;
  std::string line;
  field("id", letter.id.to_string(), line);
  field("origin", letter.origin, line);
  field("time", format_rfc3339(letter.time), line);
  field("reason", to_string(letter.reason), line);
  field("why", letter.why, line);
  line += ",\"size\":" + std::to_string(letter.size) + ",\"kept\":" + std::to_string(listed.kept);
  if (!letter.sha256.empty()) field("sha256", letter.sha256, line);
  line += std::string(",\"redriven\":") + (listed.redriven ? "true" : "false");
  field("by", letter.by, line);
  field("begins", letter.value, line);
  return line + "}\n";
}

}  // namespace

config::Setting dlq_place_option() {
  auto at = config::option("AT", config::Kind::choice, "broker", "WHERE",
                           "broker, or local: the log of `wikiflow run` in STATE_DIR");
  at.choices = {{"broker"}, {"local"}};
  return at;
}

config::Setting dlq_limit_option() {
  auto limit = config::option("LIMIT", config::Kind::integer, "1000", "N", "list at most so many");
  limit.min = 1;
  limit.max = kMostListed;
  return limit;
}

DlqPlace dlq_place(const config::Values& values) {
  return values.text("AT") == "local" ? DlqPlace::local : DlqPlace::broker;
}

ExitCode dlq_list(const config::DlqSettings& settings, DlqPlace place, std::size_t limit,
                  const Factories& factories, std::stop_token stop, std::ostream& out, std::ostream& err) {
  Metrics metrics;
  const auto broker = connect(settings, place, factories, metrics, stop);
  if (!broker) return report(broker.error());
  if (*broker == nullptr) return ExitCode::ok;
  const auto list = pipeline::list_dead_letters(**broker, settings.topic.dead_letters, limit, kShownBytes,
                                                settings.give_up_after.value_or(kForEver), stop);
  if (!list) return stop.stop_requested() ? ExitCode::ok : report(list.error());
  for (const auto& listed : list->letters) out << line_of(listed);
  out << std::flush;
  if (list->more) err << "dlq: there are more than " << limit << "; --limit lists more\n";
  if (list->foreign > 0) {
    err << "dlq: " << list->foreign << " records in " << settings.topic.dead_letters
        << " are no dead letters\n";
  }
  return ExitCode::ok;
}

ExitCode dlq_redrive(const config::DlqSettings& settings, DlqPlace place, const Factories& factories,
                     std::stop_token stop, std::ostream& out) {
  Metrics metrics;
  const auto broker = connect(settings, place, factories, metrics, stop);
  if (!broker) return report(broker.error());
  if (*broker == nullptr) return ExitCode::ok;
  const auto redriven =
      pipeline::redrive_dead_letters(**broker, settings.topic.dead_letters, settings.topic.name,
                                     settings.give_up_after.value_or(kForEver), stop);
  if (!redriven) return stop.stop_requested() ? ExitCode::ok : report(redriven.error());
  out << "dlq: " << redriven->written << " re-driven to " << settings.topic.name << ", " << redriven->before
      << " were before\n"
      << "dlq: " << redriven->undecodable << " still cannot be decoded, and of " << redriven->cut
      << " only the beginning is kept\n"
      << std::flush;
  return ExitCode::ok;
}

}  // namespace wikiflow::app
