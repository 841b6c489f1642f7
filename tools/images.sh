#!/usr/bin/env bash
# Builds images with the engine that DOCKER_HOST names, says how much each adds to its base, and fails when
# that is too much.
#
#   tools/images.sh                    wikiflow-producer, wikiflow-consumer and wikiflow, from the Dockerfiles
#   tools/images.sh stand-ins          wikiflow-test/broker and wikiflow-test/cassandra, from the jars in .deps/
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BASE=debian:bookworm-slim

# Megabytes that the image NAME has above its base, rounded up.
above_base() {
  local sizes
  # BuildKit builds on a base without listing it among the images.
  docker image inspect "$BASE" >/dev/null 2>&1 || docker pull --quiet "$BASE" >/dev/null
  mapfile -t sizes < <(docker image inspect --format '{{.Size}}' "$1" "$BASE")
  echo $(((sizes[0] - sizes[1] + 999999) / 1000000))
}

# build PROGRAM NAME LIMIT: from Dockerfile.PROGRAM; fails when it is more than LIMIT megabytes above its base.
build() {
  local begin=$SECONDS size
  docker build --quiet --file "Dockerfile.$1" --build-arg "VERSION=$(<VERSION)" --tag "$2" . >/dev/null
  size=$(above_base "$2")
  printf 'images: %-18s %4d MB above its base (at most %d), built in %d s\n' "$2" "$size" "$3" $((SECONDS - begin))
  ((size <= $3)) || { echo "images: $2 has grown: see docker history $2" >&2; return 1; }
}

# build_stand_in NAME JARS FILE...: of deploy/stand-in, from .deps/JARS and the files beside them.
build_stand_in() {
  local context
  mkdir -p .servers
  context=$(mktemp -d .servers/stand-in.XXXXXX)
  cp -l ".deps/$2"/*.jar "$context" 2>/dev/null || cp ".deps/$2"/*.jar "$context"
  cp "deploy/stand-in/$1.sh" "${@:3}" "$context"
  docker build --quiet --file "deploy/stand-in/Dockerfile.$1" --tag "wikiflow-test/$1" "$context" >/dev/null
  rm -rf "$context"
}

(($#)) || set -- programs
for name in "$@"; do
  case $name in
    programs)
      build producer wikiflow-producer 30
      build consumer wikiflow-consumer 60
      build wikiflow wikiflow 60
      ;;
    stand-ins)
      build_stand_in broker kafka tools/kafka/{log4j2,server}.properties
      build_stand_in cassandra cassandra tools/cassandra/{cassandra.yaml,jvm.options,logback.xml} \
        tests/servers/cql_probe.py
      ;;
    *) echo "images: no such image: $name" >&2; exit 64 ;;
  esac
done
