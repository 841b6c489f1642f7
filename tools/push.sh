#!/usr/bin/env bash
# Pushes wikiflow-producer, wikiflow-consumer and wikiflow, as they were built, under the version and as latest.
#
#   IMAGE_REGISTRY=host/path IMAGE_USERNAME=name IMAGE_PASSWORD=secret tools/push.sh
set -euo pipefail
cd "$(dirname "$0")/.."

: "${IMAGE_REGISTRY:?where to push to, as in host/path}" "${IMAGE_USERNAME:?}" "${IMAGE_PASSWORD:?}"
config=$(mktemp -d) # so that the password is not left in the home folder
trap 'rm -rf "$config"' EXIT
export DOCKER_CONFIG=$config
docker login --username "$IMAGE_USERNAME" --password-stdin "${IMAGE_REGISTRY%%/*}" <<<"$IMAGE_PASSWORD"
for image in wikiflow-producer wikiflow-consumer wikiflow; do
  for tag in "$(<VERSION)" latest; do
    docker tag "$image" "$IMAGE_REGISTRY/$image:$tag"
    docker push "$IMAGE_REGISTRY/$image:$tag"
  done
done
