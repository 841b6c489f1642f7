// A producer, life after life: a source and an ingest on a fiber, which stop where the simulation likes.
//
// Threads: the one that drives.

#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "pipeline/ingest.h"
#include "pipeline/simulation/reference_test.h"

namespace wikiflow::pipeline::simulation {

class Producer {
 public:
  // `reach`: how many records it looks at where a partition ends. `dedupe_window`: as IngestOptions has it.
  Producer(const Served& served, topic::FakeBroker& broker, PausingClock& clock, Metrics& metrics,
           Random& random, std::size_t reach, std::int64_t dedupe_window)
      : served_(served),
        broker_(broker),
        clock_(clock),
        metrics_(metrics),
        random_(random),
        reach_(reach),
        dedupe_window_(dedupe_window) {}

  bool alive() const { return life_ != nullptr; }

  void start() { life_ = std::make_unique<Life>(*this); }
  // Reads at most so many frames.
  void go_on(int frames) {
    life_->stream.let_serve(frames);
    if (!life_->fiber.resume()) life_.reset();
  }
  void cut() { life_->stream.cut(); }
  void kill() { life_.reset(); }
  // In peace: what it has in flight is waited for, but not for long.
  void stop() {
    life_->stop.request_stop();
    while (life_->fiber.resume()) {
    }
    life_.reset();
  }
  bool exhausted() const { return life_ && life_->stream.exhausted(); }

 private:
  struct Life {
    explicit Life(Producer& of) : stream(of.served_, of.random_), fiber([this, &of] { run(of); }) {}

    void run(Producer& of) {
      source::Source source(stream, source::SourceOptions{.start = from_unix_ms(kBegin - 10)}, of.clock_,
                            of.metrics_);
      const IngestOptions options{.tails = [&of] { return of.broker_.tails(kTopic, of.reach_, kNoWait); },
                                  .source_name = "simulator",
                                  .drain_limit = kNoWait,
                                  .dedupe_window = of.dedupe_window_};
      Ingest ingest(
          source, [&of] { return of.broker_.writer(kTopic); }, options, of.clock_, of.metrics_);
      (void)ingest.run(stop.get_token());
    }

    static constexpr std::chrono::milliseconds kNoWait{0};
    std::stop_source stop{};
    ServedStream stream;
    Fiber fiber;  // last, so that it ends before what it uses
  };

  const Served& served_;
  topic::FakeBroker& broker_;
  PausingClock& clock_;
  Metrics& metrics_;
  Random& random_;
  const std::size_t reach_;
  const std::int64_t dedupe_window_;
  std::unique_ptr<Life> life_;
};

}  // namespace wikiflow::pipeline::simulation
