// Stream to topic, with all its parts and its thread: what `producer` is, and half of `wikiflow run`.
//
// Threads: start() and stop() from one; the rest from any. The thread "ingest" runs everything between.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "pipeline/ingest.h"
#include "run/supervisor.h"
#include "source/source.h"
#include "sse/stream.h"

namespace wikiflow::app {

class Ingestion {
 public:
  // The writer's broker, the clock and the metrics are not owned.
  Ingestion(std::unique_ptr<sse::Stream> stream, const source::SourceOptions& source,
            pipeline::Ingest::WriterFactory open_writer, const pipeline::IngestOptions& ingest, Clock& clock,
            Metrics& metrics);
  ~Ingestion();
  Ingestion(const Ingestion&) = delete;
  Ingestion& operator=(const Ingestion&) = delete;

  void start();

  // Stops reading, waits for what is in flight. Error: as Ingest::run().
  Result<void> stop();

  // The source ended by itself (204), or the ingest failed: nothing more will come. Its token is requested
  // then.
  std::stop_token finished() const { return finished_.get_token(); }

  std::vector<Dependency> dependencies();
  std::uint64_t sent() const { return ingest_.sent(); }
  // Seconds between the event time of the last change and now; nothing while something is in trouble.
  std::optional<double> seconds_behind() const;

 private:
  std::optional<std::string> stream_trouble() const;

  Clock& clock_;
  std::unique_ptr<sse::Stream> stream_;
  source::Source source_;
  pipeline::Ingest ingest_;
  std::stop_source stop_;
  std::stop_source finished_;
  Result<void> result_;
  std::thread thread_;
};

}  // namespace wikiflow::app
