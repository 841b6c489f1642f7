#include "run/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/log.h"

namespace wikiflow::app {
namespace {

void say_failed(const std::string& what) { log_warn("run", "systemd could not be told", {{"why", what}}); }

}  // namespace

void notify(std::string_view state) {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return;
  const std::string_view path(name);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path || (path.front() != '/' && path.front() != '@')) {
    return say_failed("NOTIFY_SOCKET is no path of a socket");
  }
  std::ranges::copy(path, std::begin(to.sun_path));
  // systemd writes a name of the abstract kind with @ in place of NUL.
  if (path.front() == '@') to.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return say_failed(std::generic_category().message(errno));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
               length) < 0) {
    say_failed(std::generic_category().message(errno));
  }
  ::close(socket);
}

}  // namespace wikiflow::app
