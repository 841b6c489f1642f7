#include "sim/flags.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

#include "sim/sample.h"

namespace wikiflow::sim {
namespace {

using std::chrono::milliseconds;

// CODE:P, as in 503:0.1
StatusFault parse_status(const std::string& text) {
  StatusFault fault;
  const std::size_t colon = std::min(text.find(':'), text.size());
  const char* const middle = text.data() + colon;
  const char* const end = text.data() + text.size();
  const auto code = std::from_chars(text.data(), middle, fault.code);
  bool ok = code.ec == std::errc{} && code.ptr == middle && middle != end;
  if (ok) {
    const auto p = std::from_chars(middle + 1, end, fault.probability);
    ok = p.ec == std::errc{} && p.ptr == end;
  }
  if (!ok) throw CLI::ValidationError("--status", "'" + text + "' is not CODE:PROBABILITY, as in 503:0.1");
  return fault;
}

Millis parse_time(const std::string& text) {
  const auto time = parse_rfc3339(text);
  if (!time)
    throw CLI::ValidationError("--start-time", "'" + text + "' is not a time, as in 2026-11-01T00:00:00Z");
  return *time;
}

void add_millis(CLI::App& app, const std::string& name, milliseconds& value, const std::string& help) {
  app.add_option_function<std::int64_t>(
         name, [&value](std::int64_t ms) { value = milliseconds{ms}; }, help)
      ->check(CLI::NonNegativeNumber)
      ->default_str(std::to_string(value.count()));
}

void add_share(CLI::App& app, const std::string& name, double& value, const std::string& help) {
  app.add_option(name, value, help)->check(CLI::Range(0.0, 1.0))->capture_default_str();
}

void add_log_flags(CLI::App& app, SimOptions& o) {
  app.add_option("--listen", o.listen, "host:port to listen on")->capture_default_str();
  app.add_option("--events", o.events_file, "serve the events of this file (NDJSON)");
  app.add_flag_callback(
      "--sample", [&o] { o.events_text = bundled_sample(); }, "serve the bundled sample");
  app.add_flag("--loop", o.loop, "begin the file again at its end, with new ids");
  app.add_flag("--keep-event-times", o.keep_event_times, "do not shift the events' times to now");
  app.add_option("--seed", o.seed, "of everything that is drawn")->capture_default_str();
  app.add_option("--users", o.users, "how many generated users")->capture_default_str();
  app.add_option("--zipf", o.zipf, "exponent of the users' distribution")->capture_default_str();
  app.add_option("--pool", o.pool, "make so many events beforehand and loop over them (faster)");
  app.add_option("--count", o.count, "events of the log, 0 for endless")->capture_default_str();
  app.add_option("--rate", o.rate, "events/s, 0 for as fast as the reader takes them")->capture_default_str();
  app.add_option("--speed", o.speed, "of the source's clock, 0 for as the rate has it")
      ->capture_default_str();
  app.add_option_function<std::string>(
      "--start-time", [&o](const std::string& text) { o.start_time = parse_time(text); },
      "of the first event (RFC 3339)");
  app.add_option("--history", o.history, "events that are in the log at the start");
  add_millis(app, "--lifetime-ms", o.lifetime, "a connection is cut after so long, 0 for never");
  app.add_option("--max-per-address", o.max_per_address, "connections, 0 for any")->capture_default_str();
  app.add_flag("--any-user-agent", o.any_user_agent, "do not refuse default User-Agents");
  app.add_option("--record", o.record_file, "write every frame served to this file");
}

void add_fault_flags(CLI::App& app, Faults& f) {
  app.add_option("--cut-after-events", f.cut_after_events, "cut a connection after about N events");
  app.add_option("--cut-after-bytes", f.cut_after_bytes, "cut a connection after about N bytes");
  app.add_option("--reset-after", f.reset_after, "reset a connection after about N events");
  add_share(app, "--duplicate", f.duplicate, "share of events sent again");
  app.add_option("--reorder", f.reorder, "shuffle events within windows of N")
      ->check(CLI::Range(0U, Faults::kMaxReorder));
  add_share(app, "--malformed", f.malformed, "share of events with a malformed frame before");
  add_share(app, "--oversized", f.oversized, "share of events with an oversized frame before");
  app.add_option("--oversized-bytes", f.oversized_bytes, "size of these")->capture_default_str();
  add_share(app, "--canary", f.canary, "share of events with a canary before");
  add_share(app, "--error-frames", f.error_frames, "share of events with an error frame in place");
  app.add_option("--stall-after", f.stall_after, "stop sending after about N events ...");
  add_millis(app, "--stall-ms", f.stall, "... for so long");
  app.add_option_function<std::vector<std::string>>(
      "--status",
      [&f](const std::vector<std::string>& texts) {
        f.status.clear();
        for (const std::string& text : texts) f.status.push_back(parse_status(text));
      },
      "CODE:P, share of requests answered so (repeatable)");
  app.add_option_function<std::int64_t>(
         "--retry-after", [&f](std::int64_t s) { f.retry_after = std::chrono::seconds{s}; },
         "seconds to send with 429 and 503")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--split-writes", f.split_writes, "write in small pieces");
}

}  // namespace

void add_flags(CLI::App& app, SimOptions& options) {
  add_log_flags(app, options);
  add_fault_flags(app, options.faults);
}

}  // namespace wikiflow::sim
