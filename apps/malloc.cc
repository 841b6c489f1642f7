// Settings of jemalloc, which looks for them here when a program starts. MALLOC_CONF in the environment has
// the last word.
//
// Huge pages, wherever the kernel gives them to those who ask: counts and dedupe windows are tens of
// megabytes that are looked at here and there, and with small pages each look waits twice, for the address of
// the page and for what it holds.

extern "C" {
extern const char* malloc_conf;  // a weak one is jemalloc's own
const char* malloc_conf = "thp:always";
}
