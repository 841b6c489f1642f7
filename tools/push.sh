#!/usr/bin/env bash
# Builds wikiflow-producer, wikiflow-consumer and wikiflow, of which the engine has the layers where they were built before,
# and pushes them under the version and as latest.
#
#   IMAGE_REGISTRY=host/path IMAGE_USERNAME=name IMAGE_PASSWORD=secret tools/push.sh
set -euo pipefail
cd "$(dirname "$0")/.."

: "${IMAGE_REGISTRY:?where to push to, as in host/path}" "${IMAGE_USERNAME:?}" "${IMAGE_PASSWORD:?}"
tools/tag.sh >/dev/null
# The engine of tools/docker.sh builds on a base that carries this machine's certificates and credentials.
[[ ${DOCKER_HOST:-} != "$(tools/docker.sh host)" ]] || {
  echo "push: images of the project's own engine stay on this machine; build and push with an engine of the machine's" >&2
  exit 69
}
tools/images.sh # compose-test leaves images under the same names that know no version
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
