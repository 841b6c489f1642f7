// Threads have names, so that a profiler and `top -H` say whose they are.

#pragma once

#include <pthread.h>

namespace wikiflow {

// At most 15 characters; longer names are refused by the kernel and leave the thread's name as it was.
inline void name_this_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace wikiflow
