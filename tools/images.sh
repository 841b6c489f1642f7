#!/usr/bin/env bash
# Builds images with the engine that DOCKER_HOST names, and says how much each adds to its base.
#
#   tools/images.sh                    wikiflow-producer, wikiflow-consumer and wikiflow, from the Dockerfiles
#   tools/images.sh broker             wikiflow-test/broker, from Kafka's jars in .deps/kafka
set -euo pipefail
cd "$(dirname "$0")/.."

size() { docker image inspect --format '{{.Size}}' "$1"; }

build() {
  local begin=$SECONDS
  docker build --quiet --file "Dockerfile.$1" --tag "$2" . >/dev/null
  printf 'images: %-18s %4d MB above its base, built in %d s\n' "$2" \
    $((($(size "$2") - $(size debian:bookworm-slim)) / 1000000)) $((SECONDS - begin))
}

build_broker() {
  local context
  mkdir -p .servers
  context=$(mktemp -d .servers/broker-image.XXXXXX)
  cp -l .deps/kafka/*.jar "$context" 2>/dev/null || cp .deps/kafka/*.jar "$context"
  cp tools/kafka/log4j2.properties deploy/stand-in/broker.sh "$context"
  docker build --quiet --file deploy/stand-in/Dockerfile.broker --tag wikiflow-test/broker "$context" >/dev/null
  rm -rf "$context"
}

(($#)) || set -- programs
for name in "$@"; do
  case $name in
    programs)
      build producer wikiflow-producer
      build consumer wikiflow-consumer
      build wikiflow wikiflow
      ;;
    broker) build_broker ;;
    *) echo "images: no such image: $name" >&2; exit 64 ;;
  esac
done
