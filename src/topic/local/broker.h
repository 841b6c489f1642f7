// The local broker. Apart from local.h so that tests reach retention and commits without waiting for them.

#pragma once

#include <memory>
#include <string>
#include <thread>

#include "topic/local/commits.h"
#include "topic/local/local.h"
#include "topic/local/topics.h"

namespace wikiflow::topic::local {

class LocalBroker final : public Broker {
 public:
  static Result<std::unique_ptr<LocalBroker>> open(std::shared_ptr<Database> database,
                                                   const LocalOptions& options, Metrics& metrics,
                                                   Clock& clock);
  ~LocalBroker() override;

  Result<TopicState> ensure(const TopicSpec& spec, std::chrono::milliseconds limit) override;
  Result<std::unique_ptr<Writer>> writer(const std::string& topic) override;
  Result<std::unique_ptr<Reader>> reader(const std::string& topic, const ReaderOptions& options) override;
  Result<std::vector<Tail>> tails(const std::string& topic, std::size_t records_per_partition,
                                  std::chrono::milliseconds limit) override;

  Topics& topics() { return *topics_; }
  const Commits& commits() const { return commits_; }

  // One round of what the thread does: retention on all topics.
  void enforce_retention();

 private:
  LocalBroker(std::shared_ptr<Database> database, std::unique_ptr<Topics> topics, const LocalOptions& options,
              Metrics& metrics, Clock& clock);
  void run(const std::stop_token& stop);
  Result<Log*> existing(const std::string& topic) const;

  const LocalOptions options_;
  Metrics& metrics_;
  Clock& clock_;
  const std::unique_ptr<Topics> topics_;
  Commits commits_;
  std::jthread thread_;
};

}  // namespace wikiflow::topic::local
