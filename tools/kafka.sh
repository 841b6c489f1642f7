#!/usr/bin/env bash
# A real Kafka (KRaft, one node, loopback only) for tests and for developing.
#
#   tools/kafka.sh up DIR [--port N] [--secure] [--behind PORT,...] [--fast]
#                                                 make it in DIR, or start again what is there; returns when it answers
#   tools/kafka.sh down DIR                       end it as an operator would (SIGTERM), and wait
#   tools/kafka.sh kill DIR                       end it as a crash would (SIGKILL)
#   tools/kafka.sh stop DIR | cont DIR            freeze it (SIGSTOP), and let it go on
#   tools/kafka.sh pid DIR | env DIR              its process id; what tests want to know, as NAME=value lines
#
# DIR holds everything: configuration, log segments, certificates, broker.log. Ports and data outlive a `down` or `kill`.
# With --secure there is a second listener, SASL_SSL with SCRAM-SHA-256, under a CA made on the spot. With --behind there
# is one more for each PORT, which sends its clients to 127.0.0.1:PORT: a proxy of the caller's, who finds the listener that
# belongs behind it in WIKIFLOW_TEST_BROKER_BEHIND, in the same order. It is compiled just enough to be there soon; with
# --fast, for measuring and for long lives, as much as Java does by itself, which costs as much CPU again at the start.
set -euo pipefail
# shellcheck source=tools/server.sh
source "$(dirname "$0")/server.sh"

readonly USERNAME=wikiflow PASSWORD=wikiflow-secret
readonly READY_WITHIN=120  # seconds; usually 3 to 10
# shellcheck disable=SC2034  # server.sh reads them
readonly name=kafka process=broker config=server.properties

java_kafka() {
  java -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$root/tools/kafka/log4j2.properties" -cp "$root/.deps/kafka/*" "$@"
}

configure() {
  local controller secure_port=0 ports listeners advertised real='' map='' i proxies=()
  [[ ! $behind ]] || IFS=, read -ra proxies <<<"$behind"
  # shellcheck disable=SC2207  # numbers
  ports=($(python3 "$root/tests/servers/ports.py" $((3 + ${#proxies[@]}))))
  port=${port:-${ports[0]}} controller=${ports[1]}
  listeners=PLAINTEXT://127.0.0.1:$port
  if [[ $secure ]]; then
    secure_port=${ports[2]}
    listeners+=,SASL_SSL://127.0.0.1:$secure_port
    make_certificates
    (umask 077; cat "$dir/broker.key" "$dir/broker.crt" "$dir/ca.pem" >"$dir/broker.pem")
  fi
  advertised=$listeners
  for i in "${!proxies[@]}"; do
    listeners+=,BEHIND$i://127.0.0.1:${ports[3 + i]}
    advertised+=,BEHIND$i://127.0.0.1:${proxies[i]}
    map+=,BEHIND$i:PLAINTEXT
    real+=${real:+,}${ports[3 + i]}
  done
  cat "$root/tools/kafka/server.properties" - >"$dir/server.properties" <<END
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$advertised
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL$map
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
END
  [[ ! $secure ]] || cat >>"$dir/server.properties" <<END
sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$dir/broker.pem
END
  cat >"$dir/env" <<END
WIKIFLOW_TEST_BROKER=127.0.0.1:$port
END
  [[ ! $behind ]] || echo "WIKIFLOW_TEST_BROKER_BEHIND=$real" >>"$dir/env"
  [[ ! $secure ]] || cat >>"$dir/env" <<END
WIKIFLOW_TEST_BROKER_SECURE=127.0.0.1:$secure_port
WIKIFLOW_TEST_CA=$dir/ca.pem
WIKIFLOW_TEST_SASL_USERNAME=$USERNAME
WIKIFLOW_TEST_SASL_PASSWORD=$PASSWORD
END
  java_kafka kafka.tools.StorageTool format --standalone --cluster-id="$(python3 -c '
import base64, uuid; print(base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode())')" \
    -c "$dir/server.properties" --add-scram "SCRAM-SHA-256=[name=$USERNAME,password=$PASSWORD]" >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; rm -f "$dir/server.properties"; die "could not format $dir/data"; }
}

launch() {
  [[ -d $root/.deps/kafka ]] || die "no Kafka in .deps/kafka: run tools/deps.sh kafka"
  # Its own session, so that Ctrl-C in a terminal reaches the test and not the broker under it.
  setsid java "${jit[@]}" -Xmx512m -Xms128m -XX:+UseG1GC -XX:ParallelGCThreads=2 \
    "-Dlog4j2.configurationFile=$root/tools/kafka/log4j2.properties" -cp "$root/.deps/kafka/*" \
    kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/broker.log" 2>&1 &
}

# Ready is when a metadata request is answered with the broker in it, not when a port opens.
answers() {
  local broker
  broker=$(sed -n 's/^WIKIFLOW_TEST_BROKER=//p' "$dir/env")
  kcat -L -J -b "$broker" -m 2 2>/dev/null | grep -q "\"name\":\"$broker\""
}

server_main "$@"
