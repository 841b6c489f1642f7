#include "run/ingestion.h"

#include "base/thread.h"

namespace wikiflow::app {

Ingestion::Ingestion(std::unique_ptr<sse::Stream> stream, const source::SourceOptions& source,
                     pipeline::Ingest::WriterFactory open_writer, const pipeline::IngestOptions& ingest,
                     Clock& clock, Metrics& metrics)
    : clock_(clock),
      stream_(std::move(stream)),
      source_(*stream_, source, clock, metrics),
      ingest_(source_, std::move(open_writer), ingest, clock, metrics) {}

Ingestion::~Ingestion() { (void)stop(); }

void Ingestion::start() {
  thread_ = std::thread([this] {
    name_this_thread("ingest");
    result_ = ingest_.run(stop_.get_token());
    finished_.request_stop();
  });
}

Result<void> Ingestion::stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
  return result_;
}

std::vector<Dependency> Ingestion::dependencies() {
  return {{"stream", [this] { return stream_trouble(); }}, {"topic", [this] { return ingest_.trouble(); }}};
}

std::optional<std::string> Ingestion::stream_trouble() const {
  const auto status = source_.status();
  if (status.connected || (status.trouble.empty() && status.last_event)) return std::nullopt;
  return status.trouble.empty() ? "not connected yet" : status.trouble;
}

std::optional<double> Ingestion::seconds_behind() const {
  const auto last = source_.status().last_event;
  if (!last || stream_trouble() || ingest_.trouble()) return std::nullopt;
  return std::chrono::duration<double>(clock_.now() - *last).count();
}

}  // namespace wikiflow::app
