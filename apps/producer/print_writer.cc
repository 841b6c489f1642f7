#include "producer/print_writer.h"

#include <atomic>

namespace wikiflow::app {
namespace {

class PrintWriter final : public topic::Writer {
 public:
  PrintWriter(std::ostream& out, std::stop_source& closed) : out_(out), closed_(closed) {}

  Result<void> send(const topic::OutRecord& record, std::stop_token) override {
    out_ << record.value << '\n' << std::flush;
    if (!out_) {
      closed_.request_stop();
      return fatal("standard output takes no more");
    }
    ++printed_;
    return {};
  }
  Result<void> flush(std::chrono::milliseconds) override { return {}; }
  std::uint64_t acknowledged() const override { return printed_; }
  std::uint64_t refused() const override { return 0; }
  std::optional<std::string> trouble() const override { return std::nullopt; }

 private:
  std::ostream& out_;
  std::stop_source& closed_;
  std::atomic<std::uint64_t> printed_{0};
};

}  // namespace

Result<std::unique_ptr<topic::Writer>> open_print_writer(std::ostream& out, std::stop_source& closed) {
  if (closed.stop_requested()) return fatal("standard output is closed");
  return std::make_unique<PrintWriter>(out, closed);
}

}  // namespace wikiflow::app
