#include "run/serving.h"

#include "run/notify.h"
#include "topic/kafka/kafka.h"

namespace wikiflow::app {
namespace {

constexpr std::chrono::milliseconds kStopLimit{1'000};

}  // namespace

Result<std::unique_ptr<Serving>> Serving::start(const std::string& address, const std::string& program,
                                                const std::vector<Dependency>& dependencies,
                                                std::vector<serve::Route> routes, Metrics& metrics) {
  auto serving = std::make_unique<Serving>();
  for (const Dependency& dependency : dependencies) serving->health_.add(dependency.name, dependency.trouble);
  auto server = serve::Server::start(
      {.address = address},
      serve::with_common_routes(std::move(routes), serving->health_, metrics,
                                {.program = program, .more = {{"librdkafka", topic::kafka::features()}}}),
      metrics);
  if (!server) return tl::make_unexpected(server.error());
  serving->server_ = *std::move(server);
  notify(kNotifyReady);
  return serving;
}

void Serving::remark(const std::string& name, const std::string& text) {
  health_.add(name, [text] { return serve::CheckResult{.ok = true, .reason = text}; });
}

// An address to open in a browser on this machine.
std::string Serving::url() const {
  std::string address = server_->address();
  for (const std::string_view any : {"0.0.0.0:", "[::]:"}) {
    if (address.starts_with(any)) address = "127.0.0.1:" + address.substr(any.size());
  }
  return "http://" + address;
}

void Serving::stopping() {
  health_.stopping();
  notify(kNotifyStopping);
}

void Serving::stop() { server_->stop(kStopLimit); }

}  // namespace wikiflow::app
