#include "run/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/scratch_dir.h"
#include "run/serving.h"

namespace wikiflow::app {
namespace {

// What systemd is to its services.
class Listener {
 public:
  explicit Listener(std::string address) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (address.front() == '@') address.front() = '\0';
    address.copy(std::begin(at.sun_path), sizeof at.sun_path);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&at), length) == 0;
  }
  ~Listener() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool bound() const { return bound_; }

  // The next message, or nothing when none has come: who sends returns only when it is there.
  std::string heard() const {
    std::array<char, 256> bytes{};
    const auto got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(got));
  }

 private:
  int socket_;
  bool bound_ = false;
};

TEST(Notify, ReachesASocketByItsPathAndByItsAbstractName) {
  const ScratchDir dir;
  for (const std::string& address :
       {(dir.path() / "notify").string(), "@wikiflow-notify-test-" + std::to_string(::getpid())}) {
    const Listener systemd(address);
    ASSERT_TRUE(systemd.bound()) << address;
    notify(kNotifyReady);
    EXPECT_EQ(systemd.heard(), "READY=1") << address;
  }
}

TEST(Notify, ASocketThatIsNotThereHindersNobody) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  notify(kNotifyReady);
  ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
  notify(kNotifyReady);
  ::setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
  notify(kNotifyReady);
  ::unsetenv("NOTIFY_SOCKET");
  notify(kNotifyReady);
}

TEST(Notify, AProgramIsReadyWhenItAnswersAndSaysWhenItStops) {
  const ScratchDir dir;
  const Listener systemd((dir.path() / "notify").string());
  ASSERT_TRUE(systemd.bound());
  Metrics metrics;
  const auto serving = Serving::start("127.0.0.1:0", "consumer", {}, {}, metrics);
  ASSERT_TRUE(serving);
  EXPECT_EQ(systemd.heard(), "READY=1");
  (*serving)->stopping();
  EXPECT_EQ(systemd.heard(), "STOPPING=1");
  (*serving)->stop();
  EXPECT_EQ(systemd.heard(), "");
}

}  // namespace
}  // namespace wikiflow::app
