#include "sim/sample.h"

// The assembler copies the file into the object: a megabyte of string literal takes compilers seconds, and
// the standard has no way yet. Works alike with g++ and clang on ELF systems.
asm(".pushsection .rodata\n"
    ".global kWikiflowSampleBegin\n"
    ".global kWikiflowSampleEnd\n"
    ".balign 16\n"
    "kWikiflowSampleBegin:\n"
    ".incbin \"" WIKIFLOW_SAMPLE_FILE
    "\"\n"
    "kWikiflowSampleEnd:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char kWikiflowSampleBegin[];
extern const char kWikiflowSampleEnd[];
}

namespace wikiflow::sim {

std::string_view bundled_sample() {
  return {&kWikiflowSampleBegin[0],
          static_cast<std::size_t>(&kWikiflowSampleEnd[0] - &kWikiflowSampleBegin[0])};
}

}  // namespace wikiflow::sim
