// SIGINT and SIGTERM, turned into a stop token.
//
// The first of them requests the stop, the second ends the process at once with 128 + its number. SIGPIPE is
// ignored: a reader that goes away is an error of the write, not the end of the program.
//
// Threads: make the object on the main thread before any other thread, as they inherit the signal mask. One
// per process.

#pragma once

#include <stop_token>
#include <thread>

namespace wikiflow::app {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch();

  std::stop_source stop_;
  int signals_ = -1;   // signalfd
  int finished_ = -1;  // eventfd, written by the destructor
  std::thread thread_;
};

}  // namespace wikiflow::app
