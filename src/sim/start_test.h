// Where the logs of these tests begin: a Monday in October.

#pragma once

#include "base/time.h"

namespace wikiflow::sim {

inline constexpr Millis kStart = from_unix_ms(1'791'207'722'000);

}  // namespace wikiflow::sim
