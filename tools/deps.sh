#!/usr/bin/env bash
# Installs what the named groups need and this machine lacks. What is there already is left alone, so a second run
# asks no network and takes a fraction of a second.
#
#   tools/deps.sh build            compiler, libraries, librdkafka          (make run, make build)
#   tools/deps.sh build test       and GoogleTest                           (make unit)
#   tools/deps.sh rust             cargo, for the driver of Cassandra       (make test)
#   tools/deps.sh programs         build without RocksDB                    (the producer's image)
#   tools/deps.sh kafka python     Kafka's jars, kcat; pytest and the like  (make test, make servers)
#
# Groups: build programs rust test bench lint clang tsan deb kafka kafka-sse cassandra prometheus python docker compose-1.
# Packages come from Debian; what Debian lacks comes from npm, Maven Central, PyPI, crates.io and the Go proxy through their ordinary
# clients, pinned and checked against the sums kept in this repository, into .deps/.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly RDKAFKA_VERSION=2.15.1
readonly RDKAFKA_NPM=@confluentinc/kafka-javascript@1.10.1
readonly RDKAFKA_SHA512=KVePUBn21EqCVP9mfxzEuM3SYJHHEF7X+iiC2e43QQgDSyEaksInmCGooT3w5q+cNAdkSCrK71j0ICfqoSqZLw==
# ThreadSanitizer crashes on C11 threads; GSSAPI and libcurl (for OAuth) would be two more libraries that nobody asked for.
readonly RDKAFKA_FLAGS=(--disable-c11threads --disable-gssapi --disable-curl)
readonly KAFKA_VERSION=4.3.1
readonly CASSANDRA_VERSION=5.0.9
readonly GO_FOR_COMPOSE=1.24.9
readonly MAVEN_COPY=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

say() { printf 'deps: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

packages=()

# package NAME...: Debian packages that have no command of their own.
package() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) == ii* ]] || packages+=("$name")
  done
}

# command_or COMMAND PACKAGE...: the packages, unless the command is there from elsewhere. Debian's npm, for one,
# will not install beside a Node from another source.
command_or() {
  command -v "$1" >/dev/null || packages+=("${@:2}")
}

install_packages() {
  ((${#packages[@]})) || return 0
  local become=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "not root and no sudo: ask an administrator to install: ${packages[*]}"
    become=(sudo)
  fi
  command -v apt-get >/dev/null || die "no apt-get here: install the equivalents of Debian 12's: ${packages[*]}"
  say "installing ${packages[*]}"
  local apt=("${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >&2
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >&2
  # The program is wanted, not the service that its package begins where systemd runs.
  if [[ -d /run/systemd/system && " ${packages[*]} " == *" prometheus "* ]]; then
    "${become[@]}" systemctl disable --now prometheus >&2
  fi
  packages=()
}

# stamped DIR TEXT: whether DIR was finished by this script with these versions and flags.
stamped() { [[ -f $1/.stamp && $(<"$1/.stamp") == "$2" ]]; }
stamp() { printf '%s\n' "$2" >"$1/.stamp"; }

# build_librdkafka DIR [NAME=VALUE...]: into .deps/DIR, with these variables for its configure.
build_librdkafka() {
  local to=$PWD/.deps/$1 want="librdkafka $RDKAFKA_VERSION ${RDKAFKA_FLAGS[*]} ${*:2}"
  if [[ ${WIKIFLOW_SYSTEM_RDKAFKA:-} ]]; then
    pkg-config --atleast-version=2.8 rdkafka || die "WIKIFLOW_SYSTEM_RDKAFKA is set, but pkg-config finds no rdkafka >= 2.8"
    return
  fi
  want=${want% }
  stamped "$to" "$want" && return
  say "building $want (a minute or two)"
  local work log=$PWD/.deps/$1.log
  work=$(mktemp -d "$PWD/.deps/build.XXXXXX")
  (cd "$work" && npm pack --silent "$RDKAFKA_NPM" >/dev/null)
  echo "$(base64 -d <<<"$RDKAFKA_SHA512" | od -An -v -tx1 | tr -d ' \n')  $(echo "$work"/*.tgz)" |
    sha512sum --check --quiet >&2 || die "$RDKAFKA_NPM is not the package whose sum is kept here: not used"
  tar -xzf "$work"/*.tgz -C "$work" package/deps/librdkafka
  rm -rf "$to"
  if ! (cd "$work/package/deps/librdkafka" && env "${@:2}" ./configure --prefix="$to" "${RDKAFKA_FLAGS[@]}" &&
    make -j"$(nproc)" -C src && make -C src install) >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "librdkafka did not build: see $log"
  fi
  rm -rf "$work" "$log"
  stamp "$to" "$want"
}

build_plain_librdkafka() { build_librdkafka librdkafka; }

# The thread sanitizer has to see librdkafka's locks and reference counts to know what is ordered by them.
build_tsan_librdkafka() {
  build_librdkafka librdkafka-tsan CC=clang-14 CXX=clang++-14 CFLAGS="-fsanitize=thread -O1 -g1" LDFLAGS=-fsanitize=thread
}

# copy_jars NAME VERSION: what tools/NAME/pom.xml lists, into .deps/NAME.
copy_jars() {
  local want to=$PWD/.deps/$1 sums=$PWD/tools/$1/jars.sha256
  want="$1 $2 $(sha256sum <"$sums")"
  stamped "$to" "$want" && return
  say "fetching $1 $2"
  rm -rf "$to"
  mvn --batch-mode --quiet --file "tools/$1/pom.xml" "$MAVEN_COPY" "-D$1.version=$2" -DoutputDirectory="$to" >&2
  (cd "$to" && sha256sum --check --quiet "$sums") >&2 ||
    die "a jar of $1 is not the one whose sum is kept in $sums: not used"
  stamp "$to" "$want"
}

copy_kafka() { copy_jars kafka "$KAFKA_VERSION"; }
copy_cassandra() { copy_jars cassandra "$CASSANDRA_VERSION"; }

install_kafka_sse() {
  local want to=$PWD/.deps/kafka-sse
  want="$(node --version) $(sha256sum <tools/kafka-sse/package-lock.json)"
  stamped "$to" "$want" && return
  say "building kafka-sse (a minute or two)"
  rm -rf "$to"
  mkdir -p "$to"
  cp tools/kafka-sse/{package.json,package-lock.json} "$to"
  # node-gyp would fetch Node's headers from its home; those of the installed Node are in /usr/include/node.
  local nodedir=()
  [[ -f /usr/include/node/node.h ]] && nodedir=(--nodedir=/usr)
  if ! (cd "$to" && npm ci --no-audit --no-fund "${nodedir[@]}") >"$to/install.log" 2>&1; then
    tail -n 30 "$to/install.log" >&2
    die "kafka-sse did not install: see $to/install.log"
  fi
  stamp "$to" "$want"
}

install_python() {
  local want to=$PWD/.deps/venv
  want="$(python3 --version) $(sha256sum <tools/python/requirements.txt)"
  stamped "$to" "$want" && return
  say "installing the Python tools"
  rm -rf "$to"
  python3 -m venv "$to"
  "$to/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r tools/python/requirements.txt >&2
  stamp "$to" "$want"
}

# has_go VERSION: whether a Go of at least that is here.
has_go() {
  local found
  found=$(go env GOVERSION 2>/dev/null) && printf '%s\n' "$1" "${found#go}" | sort --check=quiet --version-sort
}

# build_go_tool NAME PACKAGE [FLAG...]: the program PACKAGE of the module tools/NAME, as .deps/NAME/NAME.
build_go_tool() {
  local want to=$PWD/.deps/$1
  want="$1 $(go env GOVERSION) $(sha256sum <"tools/$1/go.sum")"
  stamped "$to" "$want" && return
  say "building $1 (a few minutes at most)"
  rm -rf "$to"
  mkdir -p "$to"
  (cd "tools/$1" && GOFLAGS=-mod=readonly go build -trimpath -o "$to/$1" "${@:3}" "$2") >&2
  stamp "$to" "$want"
}

build_compose() {
  build_go_tool compose github.com/docker/compose/v2/cmd \
    -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=v2.40.3"
}

build_actionlint() { build_go_tool actionlint github.com/rhysd/actionlint/cmd/actionlint; }

(($#)) || die "usage: tools/deps.sh GROUP..., see the top of the file"
steps=()
for group in "$@"; do
  case $group in
    programs | build)
      command_or g++ g++
      command_or cmake cmake
      command_or ninja ninja-build
      command_or make make
      command_or npm npm
      command_or python3 python3
      command_or pkg-config pkg-config
      package libboost1.81-dev libcurl4-openssl-dev libsimdjson-dev libfmt-dev libspdlog-dev libcli11-dev \
        libexpected-dev prometheus-cpp-dev rapidjson-dev libssl-dev libzstd-dev liblz4-dev zlib1g-dev \
        libjemalloc-dev
      [[ $group == programs ]] || package librocksdb-dev
      steps+=(build_plain_librdkafka)
      ;;
    prometheus) command_or prometheus prometheus ;;
    rust) command_or cargo cargo-web rustc-web ;;
    test) package libgtest-dev libgmock-dev ;;
    bench) package libbenchmark-dev wrk ;;
    lint)
      command_or clang-format-14 clang-format-14
      command_or shellcheck shellcheck
      command_or promtool prometheus
      command_or go golang-go
      steps+=(build_actionlint)
      ;;
    clang)
      command_or clang++-14 clang-14
      command_or llvm-symbolizer-14 llvm-14
      package libclang-rt-14-dev
      ;;
    deb)
      command_or dpkg-shlibdeps dpkg-dev
      command_or mmdebstrap mmdebstrap
      ;;
    tsan) steps+=(build_tsan_librdkafka) ;;
    kafka)
      command_or java openjdk-17-jre-headless
      command_or mvn maven
      command_or openssl openssl
      command_or kcat kcat
      steps+=(copy_kafka)
      ;;
    cassandra)
      compgen -G '/usr/lib/jvm/java-17-*/bin/javac' >/dev/null || packages+=(openjdk-17-jdk-headless)
      command_or mvn maven
      command_or openssl openssl
      command_or python3 python3
      steps+=(copy_cassandra)
      ;;
    kafka-sse)
      command_or g++ g++
      command_or npm npm libnode-dev
      command_or python3 python3
      package libssl-dev zlib1g-dev
      steps+=(install_kafka_sse)
      ;;
    python)
      python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3 python3-venv)
      steps+=(install_python)
      ;;
    docker)
      # An engine that answers is used as it is. Otherwise tools/docker.sh starts one, on a base made with mmdebstrap.
      if ! docker version >/dev/null 2>&1; then
        command_or dockerd docker.io
        command_or iptables iptables
        command_or mmdebstrap mmdebstrap
      fi
      if ! docker compose version >/dev/null 2>&1; then
        if has_go "$GO_FOR_COMPOSE"; then
          steps+=(build_compose)
        else
          command_or docker-compose docker-compose
        fi
      fi
      ;;
    compose-1) command_or docker-compose docker-compose ;;
    *) die "no such group: $group" ;;
  esac
done

mkdir -p .deps
exec 9>.deps/.lock
flock 9  # two makes at once would build the same thing into the same place
rm -rf .deps/build.*  # what one left that was broken off
install_packages
for step in "${steps[@]}"; do "$step"; done
