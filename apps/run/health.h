// `producer health` and its likes: asks the program that serves on this machine, under the same settings, how
// it is. The images' health check, which so needs nothing in them but the program.
//
// Well is who answers and was not asked to stop. Not asked is whether it is ready: a container's health
// decides what becomes of the container, and none is mended by a restart while its broker is away. Who needs
// to know where to send requests asks /readyz.

#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "config/exit_codes.h"

namespace wikiflow::app {

// `http_addr`: HTTP_ADDR; where it means all interfaces, the loopback one is asked. Returns ok, or unwell
// after a line in `out` that says why. Waits for an answer at most as long as `patience`.
config::ExitCode health(const std::string& http_addr, std::ostream& out,
                        std::chrono::milliseconds patience = std::chrono::seconds(4));

}  // namespace wikiflow::app
