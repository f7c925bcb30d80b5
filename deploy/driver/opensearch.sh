# A private OpenSearch node (no security) beside a stack, for search over another engine. Needs common.sh, stack.sh,
# process.sh (free_ports, port_taken); ./kontor setup --opensearch brings a JDK and the jars.
#
#   opensearch_start DIR   starts it below DIR's stack (data of an earlier start is kept) and adds
#                          KONTOR_OPENSEARCH="http://127.0.0.1:PORT" to DIR/stack.env: call it after stack_start
#   opensearch_stop DIR    stops exactly this one, whoever started it; its data goes with stack_wipe

OPENSEARCH=var/third_party/opensearch
OPENSEARCH_FIRST_PORT=29200 # HTTP; the next one is the transport's

opensearch_start() {
  local dir=$1 place folder port
  command -v java >/dev/null && [ -d "$OPENSEARCH" ] || die "OpenSearch is missing: ./kontor setup --opensearch brings it."
  place=$(stack_place "$dir") || exit 1
  folder=$place/opensearch
  mkdir -p "$folder/node"
  [ -s "$folder/port" ] || free_ports "$OPENSEARCH_FIRST_PORT" >"$folder/port"
  port=$(cat "$folder/port")
  if ! jvm_alive "$place" opensearch; then
    jvm_start "$place" opensearch OpenSearch "$port" -Xmx1g -cp "$OPENSEARCH/node:$OPENSEARCH/jars/*" OpenSearchNode \
      "$folder/node" "$port" $((port + 1))
  fi
  jvm_announce "$dir" KONTOR_OPENSEARCH "http://127.0.0.1:$port"
}

opensearch_stop() { jvm_stop "$1" opensearch; }
