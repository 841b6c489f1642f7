// Asks GET /stats?limit=1000 on one keep-alive connection every 2 ms, and notes when each change was first
// counted: the time of the first answer whose by_domain adds up to at least that many. Needs fewer than 1000
// domains.
//
// Ends when `--until` is reached, with one time for each change from `--base` on in the file `--times`.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <thread>

#include "kafka.h"
#include "measure.h"

namespace {

using namespace wikiflow::bench;

constexpr std::string_view kRequest = "GET /stats?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    die("cannot connect to the consumer");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const auto at = head.find(kName);
  std::size_t length = 0;
  if (at == std::string_view::npos ||
      std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length).ec != std::errc{}) {
    die("an answer without Content-Length");
  }
  return length;
}

// Replaces `answer` by head and body of one answer.
void ask(int fd, std::string& answer) {
  if (send(fd, kRequest.data(), kRequest.size(), 0) != static_cast<ssize_t>(kRequest.size()))
    die("cannot ask");
  answer.clear();
  std::array<char, 64 * 1024> buffer{};
  std::size_t whole = 0;
  while (whole == 0 || answer.size() < whole) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) die("the consumer closed the connection");
    answer.append(buffer.data(), static_cast<std::size_t>(count));
    const auto end = answer.find(kHeadEnd);
    if (whole == 0 && end != std::string::npos) {
      whole = end + kHeadEnd.size() + content_length(std::string_view(answer).substr(0, end));
    }
  }
}

// The sum over by_domain. Names of domains hold no quotes, so a count is what follows `":`.
std::uint64_t counted(std::string_view answer) {
  const auto begin = answer.find(R"({"by_domain":{)");
  const auto end = answer.find(R"(},"by_user")");
  if (begin == std::string_view::npos || end == std::string_view::npos) die("not an answer of /stats");
  std::string_view map = answer.substr(begin + 14, end - begin - 14);
  std::uint64_t sum = 0;
  for (auto at = map.find("\":"); at != std::string_view::npos; at = map.find("\":", at + 2)) {
    std::uint64_t count = 0;
    std::from_chars(map.data() + at + 2, map.data() + map.size(), count);
    sum += count;
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  std::uint64_t base = 0;
  std::uint64_t until = 0;
  std::string times_path;
  CLI::App app("When each change is first seen in /stats");
  app.add_option("--port", port)->required();
  app.add_option("--base", base, "changes counted before")->capture_default_str();
  app.add_option("--until", until, "changes counted at the end")->required();
  app.add_option("--times", times_path, "file for the times, in ns")->required();
  CLI11_PARSE(app, argc, argv);

  const int fd = connect_to(port);
  std::vector<std::int64_t> times;
  std::vector<double> answers_ms;
  std::string answer;
  auto due = std::chrono::steady_clock::now();
  for (std::uint64_t seen = base; seen < until;) {
    const auto asked = steady_ns();
    ask(fd, answer);
    const auto now = steady_ns();
    answers_ms.push_back(static_cast<double>(now - asked) / 1e6);
    for (const auto sum = counted(answer); seen < sum; ++seen) times.push_back(now);
    due = std::max(due + std::chrono::milliseconds(2), std::chrono::steady_clock::now());
    std::this_thread::sleep_until(due);
  }
  close(fd);
  std::ofstream out(times_path);
  for (const auto time : times) out << time << '\n';
  print_result({{"answers", static_cast<double>(answers_ms.size())},
                {"answer_p50_ms", quantile(answers_ms, 0.5)},
                {"answer_p99_ms", quantile(answers_ms, 0.99)},
                {"answer_bytes", static_cast<double>(answer.size())}});
  return 0;
}
