# Compiler settings that hold for every target of ours. A preset picks the sanitizer or coverage.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Paths below the checkout count as relative, so that a second checkout finds what the first has compiled.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

set(WIKIFLOW_SANITIZE "" CACHE STRING "Value for -fsanitize=, or empty")
option(WIKIFLOW_COVERAGE "Instrument for gcov" OFF)

add_library(wikiflow_flags INTERFACE)
target_compile_options(wikiflow_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Wunused
  -Woverloaded-virtual -Wdouble-promotion -Wimplicit-fallthrough -Werror)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A source that is included by its unit looks like a header, where an unnamed namespace would be wrong.
  target_compile_options(wikiflow_flags INTERFACE -Wno-subobject-linkage)
endif()
target_include_directories(wikiflow_flags INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}/generated")
if(WIKIFLOW_SANITIZE)
  add_compile_options(-fsanitize=${WIKIFLOW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WIKIFLOW_SANITIZE})
endif()
if(WIKIFLOW_SANITIZE STREQUAL "thread")
  # The standard library's strings and streams are compiled with our objects, and so instrumented too.
  add_compile_definitions(_GLIBCXX_EXTERN_TEMPLATE=0)
  add_link_options("-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/tsan_exports.map")
endif()
if(WIKIFLOW_COVERAGE)
  target_compile_options(wikiflow_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(wikiflow_flags INTERFACE --coverage)
endif()

file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/generated/version.h" CONTENT
"#pragma once
#define WIKIFLOW_VERSION \"@WIKIFLOW_VERSION@\"
" @ONLY)
