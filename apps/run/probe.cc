#include "run/probe.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace wikiflow::app {
namespace {

class FirstAnswer final : public sse::FrameSink {
 public:
  explicit FirstAnswer(std::stop_source& stop) : stop_(stop) {}

  std::string last_event_id() override { return {}; }
  void on_open() override {
    open_ = true;
    stop_.request_stop();
  }
  bool on_frame(const sse::Frame&) override { return false; }
  void on_oversized(std::uint64_t, std::string_view) override {}
  void on_disconnect(const sse::Disconnect& why) override {
    if (!open_) detail_ = why.detail;
    stop_.request_stop();
  }

  bool open() const { return open_; }
  const std::string& detail() const { return detail_; }

 private:
  std::stop_source& stop_;
  bool open_ = false;
  std::string detail_;
};

}  // namespace

Result<void> probe(sse::Stream& stream, std::chrono::milliseconds limit) {
  std::stop_source stop;
  std::jthread alarm([&stop, limit](const std::stop_token& cancelled) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, cancelled, limit, [&] { return cancelled.stop_requested(); });
    stop.request_stop();
  });
  FirstAnswer answer(stop);
  stream.run(answer, stop.get_token());
  if (answer.open()) return {};
  return transient(!answer.detail().empty() ? answer.detail()
                                            : "no answer within " + std::to_string(limit.count()) + " ms");
}

}  // namespace wikiflow::app
