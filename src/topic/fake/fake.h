// A broker in memory, for tests: the contract of topic.h, and every way in which a real broker makes life
// hard, on demand. Nothing in it waits for time: faults and gates stay until the test lifts them.
//
//   FakeBroker broker(metrics, clock);
//   broker.away(true);                 // sends queue up, then block; readers get nothing; trouble() says so
//   broker.partition_away({1}, true);  // one partition of every topic: takes nothing, cannot be read
//   broker.fail_next_sends(1);         // the next send fails its writer for good
//   broker.refuse_next(1);             // the next record is refused alone
//   broker.duplicate_every(100);       // every 100th record is in the log twice
//   broker.reorder(8);                 // records of different keys change places within 8
//   broker.hold_acknowledgements(true) // and acknowledge(topic, n) in any order
//   broker.gate(false);                // readers are given nothing until gate(true)
//   broker.lose_assignments(group, topic);
//
// Bound: FakeOptions::max_in_flight for each writer; the log grows until expire() is called.
// Threads: any.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "topic/topic.h"

namespace wikiflow::topic {

struct FakeOptions {
  std::size_t max_in_flight =
      1024;  // records a writer takes before send() blocks; rounded up to a power of two
  std::size_t max_record_bytes = 900'000;
};

// A record as the fake keeps it.
struct FakeRecord {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
  Millis time;
  Offset offset;
};

class FakeState;

class FakeBroker final : public Broker {
 public:
  FakeBroker(Metrics& metrics, Clock& clock, FakeOptions options = {});
  ~FakeBroker() override;

  Result<TopicState> ensure(const TopicSpec& spec, std::chrono::milliseconds limit) override;
  Result<std::unique_ptr<Writer>> writer(const std::string& topic) override;
  Result<std::unique_ptr<Reader>> reader(const std::string& topic, const ReaderOptions& options) override;
  Result<std::vector<Tail>> tails(const std::string& topic, std::size_t records_per_partition,
                                  std::chrono::milliseconds limit) override;

  // Faults.
  void away(bool away);
  void partition_away(Partition partition, bool away);
  void fail_next_sends(int count);
  void fail_writers(const std::string& why);  // all that exist now; what they had in flight is not in the log
  void refuse_next(int count);
  void duplicate_every(int nth);  // 0: never
  void reorder(int window);       // 0: never; what is held for reordering is appended when this is called
  void hold_acknowledgements(bool hold);
  // The sequence numbers, from 0, whose acknowledgement the topic's newest writer lacks because it is held.
  std::vector<std::uint64_t> held(const std::string& topic) const;
  void acknowledge(const std::string& topic, std::uint64_t sequence);
  void gate(bool open);
  void lose_assignments(const std::string& group, const std::string& topic);

  // Drops records before `beginning`, as retention does.
  void expire(const std::string& topic, Partition partition, Offset beginning);
  // What ensure() says from now on, as when the topic was made anew.
  void set_generation(const std::string& topic, const std::string& generation);
  // Puts a record into a partition as if somebody else had written it.
  void append(const std::string& topic, Partition partition, FakeRecord record);

  // What there is.
  std::vector<FakeRecord> records(const std::string& topic, Partition partition, Offset from = {}) const;
  int partitions(const std::string& topic) const;  // 0: no such topic
  std::map<Partition, Offset> committed(const std::string& group, const std::string& topic) const;
  int blocked_sends() const;  // threads that wait in send() now

 private:
  std::shared_ptr<FakeState> state_;
};

}  // namespace wikiflow::topic
