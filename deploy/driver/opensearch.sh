# A private OpenSearch node (no security) beside a stack, for search over another engine. Needs common.sh, stack.sh,
# process.sh (free_ports, port_taken); ./kontor setup --opensearch brings a JDK and the jars.
#
#   opensearch_start DIR   starts it below DIR's stack (data of an earlier start is kept) and adds
#                          KONTOR_OPENSEARCH="http://127.0.0.1:PORT" to DIR/stack.env: call it after stack_start
#   opensearch_stop DIR    stops exactly this one, whoever started it; its data goes with stack_wipe

OPENSEARCH=var/third_party/opensearch
OPENSEARCH_FIRST_PORT=29200 # HTTP; the next one is the transport's

opensearch_alive() { # PLACE: is the process of the pid file ours?
  local pid
  pid=$(cat "$1/opensearch/pid" 2>/dev/null) && grep -qaF "$1/opensearch/node" "/proc/$pid/cmdline" 2>/dev/null
}

opensearch_start() {
  local dir=$1 place folder port pid try
  command -v java >/dev/null && [ -d "$OPENSEARCH" ] || die "OpenSearch is missing: ./kontor setup --opensearch brings it."
  place=$(stack_place "$dir") || exit 1
  folder=$place/opensearch
  mkdir -p "$folder/node"
  [ -s "$folder/port" ] || free_ports "$OPENSEARCH_FIRST_PORT" >"$folder/port"
  port=$(cat "$folder/port")
  if ! opensearch_alive "$place"; then
    setsid java -Xms256m -Xmx1g -XX:+UseSerialGC -cp "$OPENSEARCH/node:$OPENSEARCH/jars/*" OpenSearchNode \
      "$folder/node" "$port" $((port + 1)) >>"$folder/log" 2>&1 </dev/null &
    pid=$!
    printf '%s\n' "$pid" >"$folder/pid"
    for try in $(seq 600); do
      if port_taken "$port"; then break; fi
      opensearch_alive "$place" || [ "$try" -lt 20 ] || die "OpenSearch ended by itself; its words are in $folder/log."
      sleep 0.1
    done
    port_taken "$port" || die "OpenSearch did not answer within 60 s; its words are in $folder/log."
  fi
  sed -i '/^KONTOR_OPENSEARCH=/d' "$dir/stack.env"
  printf 'KONTOR_OPENSEARCH="http://127.0.0.1:%s"\n' "$port" >>"$dir/stack.env"
}

opensearch_stop() {
  local dir=$1 place pid
  if [ ! -f "$dir/place" ]; then return 0; fi
  place=$(cat "$dir/place")
  if opensearch_alive "$place"; then
    pid=$(cat "$place/opensearch/pid")
    kill "$pid" 2>/dev/null || true
    wait_for_exit "$pid" 30 || kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$place/opensearch/pid"
}
