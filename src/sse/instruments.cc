#include "sse/instruments.h"

namespace wikiflow::sse {
namespace {

constexpr std::array kCauses{Cause::closed,     Cause::cut,      Cause::silence,   Cause::unreachable,
                             Cause::bad_status, Cause::bad_type, Cause::no_content};

}  // namespace

Instruments::Instruments(Metrics& metrics)
    : bytes(
          metrics.counter("wikiflow_stream_received_bytes_total",
                          "Bytes of the event stream received. Stands still while the stream is away or the "
                          "topic is slow: see wikiflow_stream_connected")),
      frames(metrics.counter("wikiflow_stream_frames_total", "Frames received, of whatever kind")),
      oversized(
          metrics.counter("wikiflow_stream_oversized_total",
                          "Events skipped because they were longer than the limit. Each was lost: raise the "
                          "limit if this moves")),
      errors(metrics.counter(
          "wikiflow_stream_error_frames_total",
          "Frames by which the server reported an error of its own before it disconnected; the "
          "log has their text")),
      connected(
          metrics.gauge("wikiflow_stream_connected",
                        "1 while a connection to the event stream is open. At 0 for minutes: see the reason "
                        "in /readyz")),
      last_byte(
          metrics.gauge("wikiflow_stream_last_byte_timestamp_seconds",
                        "When something was last received. Long ago while connected: the topic is slow, or "
                        "the source is")) {
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    disconnects.at(i) =
        &metrics.counter("wikiflow_stream_disconnects_total",
                         "Connections that ended or could not be made, by cause. `closed` four "
                         "times an hour is normal; others point at the network or the server",
                         {{"cause", std::string(to_string(kCauses.at(i)))}});
  }
}

}  // namespace wikiflow::sse
