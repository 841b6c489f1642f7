# `make` alone lists what there is. Every target installs what it needs and this machine lacks (tools/deps.sh), builds
# below build/, and does nothing twice.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .deps/venv/bin/python
WITH_SERVERS := python3 tests/servers/with_servers.py kafka cassandra --
CHAOS_STORE := $(or $(STORE),rocksdb)
CTEST := ctest --output-on-failure --no-tests=error
FUZZERS := fuzz_sse fuzz_decode fuzz_codec fuzz_env
# Frames in reports are resolved by this; a race or leak ends the program, and so the test, with a code of its own.
ASAN_ENV := ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
  ASAN_SYMBOLIZER_PATH=$(shell command -v llvm-symbolizer-14) \
  UBSAN_OPTIONS=print_stacktrace=1:suppressions=$(CURDIR)/tools/suppressions/ubsan.txt \
  LSAN_OPTIONS=print_suppressions=0:suppressions=$(CURDIR)/tools/suppressions/lsan.txt
# What the libraries that are not built for it copy and allocate looks unordered (RocksDB's own locks are within it):
# calls of memcpy and the like count for nothing, locks and threads do, and so does every access of instrumented code,
# which is ours, librdkafka's and the standard library's (cmake/Toolchain.cmake).
TSAN_ENV := TSAN_OPTIONS=second_deadlock_stack=1:ignore_interceptors_accesses=1 \
  TSAN_SYMBOLIZER_PATH=$(shell command -v llvm-symbolizer-14)

.PHONY: help run build test unit contract system chaos lint fmt asan tsan cover mutants bench fuzz images push compose-test deb deb-test dist publish servers servers-down clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/' | \
	  while IFS=$$'\t' read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done

# With a terminal the program gets a process group of its own (set -m): Ctrl-C then reaches it and not make, which would
# end with 130 however well the program stops.
run: ## live numbers on this machine: producer, log, consumer and page in one process (ARGS="--help" for its settings)
	@tools/deps.sh build
	@tools/configure.sh release
	@cmake --build build/release --target wikiflow
	@[[ ! -t 0 ]] || set -m; build/bin/wikiflow run $(ARGS) || exit $$?

build: ## producer, consumer and wikiflow in build/bin/
	@tools/deps.sh build rust
	@tools/configure.sh release
	@cmake --build build/release --target producer consumer wikiflow

unit: ## unit tests; no servers, within a minute once built
	@tools/deps.sh build rust test
	@tools/configure.sh release TESTS
	@cmake --build build/release
	@python3 tests/layers_test.py
	@python3 tests/mutants/table_test.py
	@$(CTEST) --test-dir build/release -L unit -j2

test: ## all tests: layers, unit, contracts on a real Kafka and Cassandra, and the whole on real servers
	@tools/deps.sh build rust test python kafka kafka-sse cassandra prometheus
	@$(MAKE) unit
	@$(MAKE) contract
	@$(MAKE) system

contract: ## the contract tests, on a real Kafka and a real Cassandra
	@tools/deps.sh build rust test kafka cassandra
	@tools/configure.sh release TESTS
	@cmake --build build/release
	@$(WITH_SERVERS) $(CTEST) --test-dir build/release -L contract

system: ## tests of the whole, on real servers (ARGS="-k name" for some of them)
	@tools/deps.sh build rust test python kafka kafka-sse cassandra prometheus
	@tools/configure.sh release TESTS
	@cmake --build build/release
	@$(PYTHON) -m pytest $(ARGS)

# The scenarios take some minutes each and the same course whatever the seed.
chaos: ## chaos on real servers: SEEDS=n runs from SEED=first on, STORE=rocksdb|cassandra; then some scenarios
	@tools/deps.sh build rust test python kafka cassandra
	@tools/configure.sh release TESTS
	@cmake --build build/release --target producer consumer wikiflow
	@$(PYTHON) tests/chaos/run.py --store $(CHAOS_STORE) --seeds $(or $(SEEDS),10) $(if $(SEED),--seed $(SEED))
	@$(PYTHON) tests/chaos/run.py --store $(CHAOS_STORE) --scenario throttled
	@$(PYTHON) tests/chaos/run.py --store $(CHAOS_STORE) --scenario stopped
	@$(PYTHON) tests/chaos/run.py --store $(CHAOS_STORE) --scenario severed
	@$(if $(filter cassandra,$(CHAOS_STORE)),$(PYTHON) tests/chaos/run.py --store cassandra --scenario handover)
	@$(if $(filter cassandra,$(CHAOS_STORE)),$(PYTHON) tests/chaos/run.py --store cassandra --scenario asleep)
	@$(if $(filter cassandra,$(CHAOS_STORE)),$(PYTHON) tests/chaos/run.py --store cassandra --scenario recovery)
	@$(if $(filter cassandra,$(CHAOS_STORE)),$(PYTHON) tests/chaos/run.py --store cassandra --scenario torn)

lint: ## clang-format, clang-tidy, ruff, shellcheck, hadolint, actionlint, manifests, rules; warnings are errors
	@tools/deps.sh build rust test bench lint python
	@tools/lint.sh

fmt: ## formats C++ and Python in place
	@tools/deps.sh lint python
	@git ls-files '*.cc' '*.h' | xargs clang-format-14 -i
	@.deps/venv/bin/ruff format --quiet .
	@.deps/venv/bin/ruff check --quiet --fix .

# clang-14's sanitizers cannot map their shadows where newer kernels randomise addresses more widely: setarch -R.
asan: ## unit and contract tests under address and undefined-behaviour sanitizers
	@tools/deps.sh build rust test clang kafka cassandra
	@tools/configure.sh asan TESTS
	@cmake --build build/asan
	@$(ASAN_ENV) setarch -R $(CTEST) --test-dir build/asan -L unit -j2
	@$(ASAN_ENV) $(WITH_SERVERS) setarch -R $(CTEST) --test-dir build/asan -L contract

# The Cassandra driver is Rust and not instrumented: what orders its threads is not seen, so its contract is left to the
# other builds. What is built on it is tested here over the fake session.
tsan: ## unit and contract tests under the thread sanitizer
	@tools/deps.sh build rust test clang tsan kafka cassandra
	@tools/configure.sh tsan TESTS
	@cmake --build build/tsan
	@$(TSAN_ENV) setarch -R $(CTEST) --test-dir build/tsan -L unit -j2
	@$(TSAN_ENV) $(WITH_SERVERS) setarch -R $(CTEST) --test-dir build/tsan -L contract -LE uninstrumented

cover: ## which lines of src/ the unit and contract tests run: coverage/index.html, and a table that must hold
	@tools/deps.sh build rust test python kafka cassandra
	@tools/configure.sh coverage TESTS
	@cmake --build build/coverage
	@find build/coverage -name '*.gcda' -delete
	@$(CTEST) --test-dir build/coverage -L unit -j2
	@$(WITH_SERVERS) $(CTEST) --test-dir build/coverage -L contract
	@$(PYTHON) tools/coverage.py build/coverage coverage

mutants: ## a test of the tests: each guarantee taken out must be noticed (ARGS="no_rewind", "--with chaos" or "--list")
	@tools/deps.sh build rust test python $(if $(findstring chaos,$(ARGS)),kafka cassandra)
	@$(PYTHON) tests/mutants/run.py $(ARGS)

bench: ## benchmarks against floor programs in the same run; fails when a ratio is missed (ONLY=consumer for one group)
	@tools/deps.sh build rust bench kafka cassandra
	@tools/configure.sh release BENCH
	@cmake --build build/release --target bench producer consumer wikiflow
	@python3 bench/run.py

fuzz: ## each fuzzer for 60 s (SECONDS_EACH=n for longer)
	@tools/deps.sh build clang
	@tools/configure.sh fuzz
	@cmake --build build/fuzz --target $(FUZZERS)
	@tools/fuzz.sh build/fuzz "$(or $(SECONDS_EACH),60)" $(FUZZERS)

images: ## container images of all programs, from the Dockerfiles; on an engine of our own where there is none
	@tools/deps.sh docker
	@tools/docker.sh run tools/images.sh

push: ## images to IMAGE_REGISTRY, as IMAGE_USERNAME with IMAGE_PASSWORD; as VERSION and latest
	@tools/deps.sh docker
	@tools/docker.sh run tools/push.sh

compose-test: ## docker-compose.yml on a real engine, broker and Cassandra as stand-ins (COMPOSE=1: by docker-compose 1.29)
	@tools/deps.sh docker kafka cassandra python $(if $(filter 1,$(COMPOSE)),compose-1)
	@WIKIFLOW_TEST_COMPOSE=1 $(if $(filter 1,$(COMPOSE)),WIKIFLOW_COMPOSE=docker-compose) tools/docker.sh run $(PYTHON) -m pytest tests/compose $(ARGS)

deb: ## a Debian package in build/package/: programs, units, manual pages, completions
	@tools/deps.sh build rust deb
	@tools/configure.sh release
	@cmake --build build/release --target package_files
	@rm -f build/package/*.deb
	@cpack --config build/release/CPackConfig.cmake -B build/package >build/package.log || { cat build/package.log >&2; exit 1; }
	@ls -1 build/package/*.deb

deb-test: deb ## installs it on a fresh Debian, runs what the units start, upgrades, removes; needs root
	@tools/deps.sh python deb kafka
	@WIKIFLOW_TEST_PACKAGES=1 $(PYTHON) -m pytest tests/packages $(ARGS)

dist: deb ## what a release is, in build/dist/: programs, Debian package, list of parts, checksums
	@tools/dist.sh

publish: ## build/dist/ as the draft of a release of this version, with gh and GH_TOKEN
	@tools/publish.sh

servers: ## a real Kafka on 127.0.0.1:9092 and a real Cassandra on 127.0.0.1:9042 for developing
	@tools/deps.sh kafka cassandra
	@tools/kafka.sh up .servers/dev --port 9092 --fast
	@tools/cassandra.sh up .servers/dev-cassandra --port 9042 --fast
	@echo "Kafka answers on 127.0.0.1:9092, Cassandra on 127.0.0.1:9042; make servers-down ends both; their data stays"

servers-down: ## ends them
	@tools/cassandra.sh down .servers/dev-cassandra
	@tools/kafka.sh down .servers/dev

clean: ## what was built; not .deps/ (installed) nor .servers/ (data)
	@rm -rf build coverage
