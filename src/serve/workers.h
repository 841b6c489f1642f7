// A few threads that run what they are given, in order of arrival.
//
// The queue has no bound of its own: the server gives at most one task for each connection.
// Threads: run() from any.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace wikiflow::serve {

class Workers {
 public:
  explicit Workers(int count);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Dropped after stop().
  void run(std::function<void()> task);

  // Drops what has not begun and waits for what has. Idempotent.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace wikiflow::serve
