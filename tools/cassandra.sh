#!/usr/bin/env bash
# A real Cassandra (one node, loopback only) for tests and for developing.
#
#   tools/cassandra.sh up DIR [--port N] [--secure] [--fast]
#                                                     make it in DIR, or start again what is there; returns when it answers
#   tools/cassandra.sh down DIR                       end it as an operator would (SIGTERM), and wait
#   tools/cassandra.sh kill DIR                       end it as a crash would (SIGKILL)
#   tools/cassandra.sh stop DIR | cont DIR            freeze it (SIGSTOP), and let it go on
#   tools/cassandra.sh pid DIR | env DIR              its process id; what tests want to know, as NAME=value lines
#
# DIR holds everything: configuration, data, certificates, cassandra.log. Ports and data outlive a `down` or `kill`. What
# it acknowledged is on disk: the commit log is synced by group. With --secure a password is asked for, and the port also
# speaks TLS under a CA made on the spot. --fast is as for tools/kafka.sh.
set -euo pipefail
# shellcheck source=tools/server.sh
source "$(dirname "$0")/server.sh"

readonly USERNAME=cassandra PASSWORD=cassandra  # those that a new node makes by itself
readonly STORE_PASSWORD=wikiflow-secret
readonly READY_WITHIN=180  # seconds; usually 6 to 15
# shellcheck disable=SC2034  # server.sh reads them
readonly name=cassandra process=cassandra config=cassandra.yaml

configure() {
  local ports
  # shellcheck disable=SC2207  # numbers
  ports=($(python3 "$root/tests/servers/ports.py" 2))
  port=${port:-${ports[0]}}
  cat >"$dir/env" <<END
WIKIFLOW_TEST_CASSANDRA=127.0.0.1:$port
WIKIFLOW_TEST_CASSANDRA_DIR=$dir
END
  [[ ! $secure ]] || cat >>"$dir/env" <<END
WIKIFLOW_TEST_CASSANDRA_CA=$dir/ca.pem
WIKIFLOW_TEST_CASSANDRA_USERNAME=$USERNAME
WIKIFLOW_TEST_CASSANDRA_PASSWORD=$PASSWORD
END
  cat "$root/tools/cassandra/cassandra.yaml" - >"$dir/cassandra.yaml.new" <<END
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "127.0.0.1:${ports[1]}"}]
listen_address: 127.0.0.1
storage_port: ${ports[1]}
rpc_address: 127.0.0.1
native_transport_port: $port
data_file_directories: [$dir/data]
commitlog_directory: $dir/commitlog
saved_caches_directory: $dir/saved_caches
hints_directory: $dir/hints
cdc_raw_directory: $dir/cdc_raw
END
  if [[ $secure ]]; then
    make_certificates
    openssl pkcs12 -export -inkey "$dir/cassandra.key" -in "$dir/cassandra.crt" -certfile "$dir/ca.pem" \
      -passout "pass:$STORE_PASSWORD" -out "$dir/cassandra.p12"
    cat >>"$dir/cassandra.yaml.new" <<END
authenticator: PasswordAuthenticator
client_encryption_options:
  enabled: true
  optional: true
  keystore: $dir/cassandra.p12
  keystore_password: $STORE_PASSWORD
  store_type: PKCS12
END
  fi
  mv "$dir/cassandra.yaml.new" "$dir/cassandra.yaml"
}

# A machine may carry another Java as well, under which Cassandra 5.0 does not start.
java17() {
  local found
  for found in /usr/lib/jvm/java-17-*/bin/java; do
    [[ -x $found ]] && echo "$found" && return
  done
  echo java
}

launch() {
  [[ -d $root/.deps/cassandra ]] || die "no Cassandra in .deps/cassandra: run tools/deps.sh cassandra"
  # Its own session, so that Ctrl-C in a terminal reaches the test and not the server under it.
  setsid "$(java17)" "${jit[@]}" "@$root/tools/cassandra/jvm.options" "-Dcassandra.config=file://$dir/cassandra.yaml" \
    "-Dcassandra.storagedir=$dir" "-Dcassandra.logdir=$dir" \
    "-Dlogback.configurationFile=$root/tools/cassandra/logback.xml" \
    -cp "$root/.deps/cassandra/*" org.apache.cassandra.service.CassandraDaemon </dev/null >>"$dir/cassandra.log" 2>&1 &
}

# Ready is when a session could begin, login included, not when a port opens.
answers() {
  # shellcheck source=/dev/null
  (set -a && source "$dir/env" && python3 "$root/tests/servers/cql_probe.py") 2>/dev/null
}

server_main "$@"
