#include "run/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/log.h"
#include "base/thread.h"

namespace wikiflow::app {

Signals::Signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  finished_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  const std::uint64_t one = 1;
  while (write(finished_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  close(signals_);
  close(finished_);
}

void Signals::watch() {
  name_this_thread("signals");
  std::array<pollfd, 2> fds{pollfd{signals_, POLLIN, 0}, pollfd{finished_, POLLIN, 0}};
  while (true) {
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if ((fds[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) _exit(128 + static_cast<int>(info.ssi_signo));
    log_info("run", "stopping; a second signal ends at once", {{"signal", std::to_string(info.ssi_signo)}});
    stop_.request_stop();
  }
}

}  // namespace wikiflow::app
