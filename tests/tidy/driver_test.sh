#!/usr/bin/env bash
# The driver script as a newcomer meets it: prints "PASS name" or "FAIL name" for each check. Needs no C++ build.
set -uo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD
scratch=$(mktemp -d /tmp/kontor-driver-test-XXXXXX)
failures=0

check() { # NAME FUNCTION: a function that fails shows its output
  local output
  if output=$("$2" 2>&1); then
    echo "PASS driver_$1"
  else
    echo "FAIL driver_$1"
    printf '%s\n' "$output" | sed 's/^/    /'
    failures=$((failures + 1))
  fi
}

# in_driver COMMANDS: in a fresh shell with the driver's parts, as ./kontor sets it up.
in_driver() {
  ROOT=$ROOT bash -c 'set -euo pipefail
    for part in common packages artefacts stack kafka opensearch process demo checks; do source "deploy/driver/$part.sh"; done
    '"$1"
}

# refuses "WORDS" COMMAND…: fails, and says WORDS in one line.
refuses() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1 >/dev/null); then echo "it succeeded: $*" && return 1; fi
  grep -qF -- "$words" <<<"$output" || { echo "expected '$words' in: $output" && return 1; }
}

scripts_parse() { local file; for file in kontor .ci/run deploy/driver/*.sh deploy/docker/*.sh tests/tidy/*.sh; do bash -n "$file" || return 1; done; }

help_names_every_command() {
  local text command
  text=$(./kontor help)
  for command in setup demo up down 'test ' bench lint help; do grep -q "^  $command" <<<"$text" || return 1; done
}

unknown_words_are_refused() {
  refuses "there is no command 'demoo'" ./kontor demoo &&
    refuses "not '--kep'" ./kontor demo --kep &&
    refuses "--data FILE and --mapping NAME go together" ./kontor demo --data README.md &&
    refuses "'seven' is not a port" in_driver 'require_free_ports seven'
}

another_system_is_told_what_to_do() {
  refuses "deploy/docker/Dockerfile" in_driver 'is_debian_12() { false; }; install_packages' &&
    refuses "deploy/debian-packages.txt" in_driver 'is_debian_12() { false; }; install_packages'
}

package_list_is_read() {
  local listed
  listed=$(in_driver 'dpkg-query() { :; }; missing_packages')
  grep -qx libgrpc++-dev <<<"$listed" && ! grep -q '#' <<<"$listed" && ! grep -qx git <<<"$listed"
}

only_kafka_and_opensearch_need_a_jvm() {
  local bare='command() { return 1; }; export -f command; dpkg-query() { :; };' plain kafka opensearch
  plain=$(in_driver "$bare missing_packages")
  kafka=$(in_driver "$bare"' PACKAGE_LISTS+=("$KAFKA_PACKAGE_LIST"); missing_packages')
  opensearch=$(in_driver "$bare"' PACKAGE_LISTS+=("$OPENSEARCH_PACKAGE_LIST"); missing_packages')
  ! grep -qE 'jre|jdk|maven' <<<"$plain" && grep -qx openjdk-17-jre-headless <<<"$kafka" && grep -qx maven <<<"$kafka" &&
    grep -qx openjdk-17-jdk-headless <<<"$opensearch" && grep -qx maven <<<"$opensearch"
}

a_taken_port_is_named() {
  python3 - <<'EOF'
import socket, subprocess
with socket.create_server(("127.0.0.1", 0)) as holder:
    port = holder.getsockname()[1]
    commands = f"set -e; source deploy/driver/common.sh; source deploy/driver/process.sh; require_free_ports {port - 1}"
    done = subprocess.run(["bash", "-c", commands], capture_output=True, text=True)
    assert done.returncode == 1 and f"port {port} is in use" in done.stderr and "--port" in done.stderr, done
EOF
}

missing_postgres_is_named() { refuses "PostgreSQL is missing" in_driver "POSTGRES_HOME=$scratch/none; stack_start $scratch/none"; }

the_stack_starts_keeps_its_data_and_goes() {
  in_driver "D=$scratch/stack"'
    trap "stack_wipe $D" EXIT
    stack_start "$D" && source "$D/stack.env"
    psql "$KONTOR_POSTGRES" -qAt -c "CREATE TABLE t AS SELECT 42 AS i"
    [ "$(redis-cli -s "${KONTOR_REDIS#unix://}" ping)" = PONG ]
    stack_stop "$D" && ! psql "$KONTOR_POSTGRES" -c "SELECT 1" 2>/dev/null && ! redis_alive "$(cat "$D/place")"
    stack_start "$D"
    [ "$(psql "$KONTOR_POSTGRES" -qAt -c "SELECT i FROM t")" = 42 ]
    [ "$(psql "$KONTOR_POSTGRES" -qAt -c "SHOW fsync")" = on ]
    place=$(cat "$D/place") && stack_wipe "$D" && [ ! -e "$D" ] && [ ! -e "$place/postgres" ]'
}

a_folder_postgres_cannot_use_is_replaced() {
  local deep
  deep=$scratch/$(printf 'd%.0s' $(seq 100))
  in_driver "D=$deep"'
    trap "stack_wipe $D" EXIT
    stack_start "$D" && source "$D/stack.env"
    [ "$(psql "$KONTOR_POSTGRES" -qAt -c "SELECT current_user")" = kontor ]
    place=$(cat "$D/place") && [ "$place" != "$D" ] && stack_wipe "$D" && [ ! -e "$place" ]'
}

keys_are_private_and_hashed() {
  mkdir -p "$scratch/run"
  in_driver "write_key $scratch/run"
  [ "$(stat -c %a "$scratch/run/key")" = 600 ] &&
    python3 - "$scratch/run" <<'EOF'
import hashlib, json, sys
entry, = json.load(open(sys.argv[1] + "/keys.json"))["keys"]
key = open(sys.argv[1] + "/key", "rb").read()
assert entry["sha256"] == hashlib.sha256(key).hexdigest() and len(key) == 32 and entry["shop"] == "default"
EOF
}

every_pin_has_a_hash() {
  python3 - <<'EOF'
import json, re
pins = re.sub(r"\\\n", "", open("deploy/pins/python.txt").read() + open("deploy/pins/encoder.txt").read())
lines = [line for line in pins.splitlines() if line and not line.startswith("#")]
assert lines and all(re.fullmatch(r"[\w-]+==[\d.]+ +--hash=sha256:[0-9a-f]{64}", line) for line in lines), lines
lock = json.load(open("deploy/pins/package-lock.json"))["packages"]
jars = open("deploy/pins/kafka.sha256").read().splitlines()
assert len(jars) > 100 and all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+\.jar", line) for line in jars), jars
files = open("deploy/pins/encoder.sha256").read().splitlines()
assert len(files) == 2 and all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+", line) for line in files), files
assert all("integrity" in p and "resolved" not in p for name, p in lock.items() if name)
EOF
}

# `up` hands kontorctl an address for each.
kontorctl_knows_every_service() {
  in_driver 'for service in "${SERVICES[@]}"; do
    [ -d "services/$service" ] && grep -q "^constexpr.*kServices.*\"$service\"" services/kontorctl/session.cc || die "$service"
  done'
}

for name in scripts_parse help_names_every_command unknown_words_are_refused another_system_is_told_what_to_do \
  package_list_is_read only_kafka_and_opensearch_need_a_jvm a_taken_port_is_named missing_postgres_is_named the_stack_starts_keeps_its_data_and_goes \
  a_folder_postgres_cannot_use_is_replaced keys_are_private_and_hashed every_pin_has_a_hash \
  kontorctl_knows_every_service; do
  check "$name" "$name"
done
rm -rf "$scratch"
exit $((failures > 0))
