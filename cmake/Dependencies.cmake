# Every third-party library is found here and nowhere else, under one target name for each.
# tools/deps.sh installs what is missing; the versions it pins are the ones that were tried.

find_package(Threads REQUIRED)
find_package(CURL 7.80 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(simdjson REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(OpenSSL REQUIRED)
find_path(RAPIDJSON_INCLUDE rapidjson/writer.h REQUIRED)
# The programs' malloc. Records are allocated by the thread that receives them and freed by the one that has counted
# them, which libc's does slowly. A sanitizer brings an allocator of its own.
add_library(wikiflow_malloc INTERFACE)
if(NOT WIKIFLOW_SANITIZE)
  find_library(JEMALLOC_LIBRARY NAMES libjemalloc_pic.a REQUIRED)
  target_link_libraries(wikiflow_malloc INTERFACE "${JEMALLOC_LIBRARY}" m dl Threads::Threads)
  target_sources(wikiflow_malloc INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}/apps/malloc.cc")
endif()
if(WIKIFLOW_ROCKSDB)
  find_path(ROCKSDB_INCLUDE rocksdb/db.h REQUIRED)
  find_library(ROCKSDB_LIBRARY rocksdb REQUIRED)
  add_library(wikiflow_rocksdb INTERFACE)  # Debian's CMake package asks for libraries that its .so does not need
  target_include_directories(wikiflow_rocksdb SYSTEM INTERFACE "${ROCKSDB_INCLUDE}")
  target_link_libraries(wikiflow_rocksdb INTERFACE "${ROCKSDB_LIBRARY}")
endif()
if(WIKIFLOW_TESTS)
  find_package(GTest REQUIRED)
endif()
if(WIKIFLOW_BENCH)
  find_package(benchmark REQUIRED)
endif()

# librdkafka: the static build that tools/deps.sh makes, or a system one of at least 2.8.
# The thread sanitizer wants one built with it, or it takes what librdkafka's locks order for races.
set(rdkafka_dir "${CMAKE_SOURCE_DIR}/.deps/librdkafka")
if(WIKIFLOW_SANITIZE STREQUAL "thread" AND EXISTS "${rdkafka_dir}-tsan/.stamp")
  string(APPEND rdkafka_dir "-tsan")
endif()
set(WIKIFLOW_RDKAFKA_DIR "${rdkafka_dir}" CACHE PATH "Prefix of the pinned librdkafka")
if(EXISTS "${WIKIFLOW_RDKAFKA_DIR}/lib/librdkafka.a")
  add_library(wikiflow_rdkafka INTERFACE)
  target_include_directories(wikiflow_rdkafka SYSTEM INTERFACE "${WIKIFLOW_RDKAFKA_DIR}/include")
  target_link_libraries(wikiflow_rdkafka INTERFACE
    "${WIKIFLOW_RDKAFKA_DIR}/lib/librdkafka.a" OpenSSL::SSL OpenSSL::Crypto zstd lz4 z m dl Threads::Threads)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.8)
  add_library(wikiflow_rdkafka INTERFACE)
  target_link_libraries(wikiflow_rdkafka INTERFACE PkgConfig::RDKAFKA)
endif()
