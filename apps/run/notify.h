// Tells systemd how far the program is, as services of Type=notify do: a datagram to the socket that
// NOTIFY_SOCKET names. Where that is not set, nobody asked, and nothing is done. What cannot be sent is only
// logged.

#pragma once

#include <string_view>

namespace wikiflow::app {

inline constexpr std::string_view kNotifyReady = "READY=1";
inline constexpr std::string_view kNotifyStopping = "STOPPING=1";

void notify(std::string_view state);

}  // namespace wikiflow::app
