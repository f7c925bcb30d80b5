# A private Kafka broker in KRaft mode on 127.0.0.1, for those who ask for it. Needs common.sh, stack.sh and process.sh
# (free_ports, port_taken); ./kontor setup --kafka brings Java and the jars.
#
#   kafka_start DIR   starts it below DIR's stack (data of an earlier start is kept) and adds KONTOR_KAFKA="127.0.0.1:PORT" to
#                     DIR/stack.env: call it after stack_start
#   kafka_stop DIR    stops exactly this one, whoever started it; its data goes with stack_wipe

KAFKA_JARS=var/third_party/kafka
KAFKA_FIRST_PORT=29092 # the broker's; the next one is the controller's
KAFKA_CLUSTER=4L6g3nShT-eMCtK--X86sw

kafka_configure() { # FOLDER PORT
  cat >"$1/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(($2 + 1))
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$(($2 + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$2
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$1/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
EOF
  cat >"$1/log4j.properties" <<EOF
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %m%n
EOF
}

kafka_start() {
  local dir=$1 place folder port
  command -v java >/dev/null && [ -d "$KAFKA_JARS" ] || die "Kafka is missing: ./kontor setup --kafka brings it."
  place=$(stack_place "$dir") || exit 1
  folder=$place/kafka
  mkdir -p "$folder"
  # The port stays: clients that know the broker find it again after a restart.
  [ -s "$folder/port" ] || free_ports "$KAFKA_FIRST_PORT" >"$folder/port"
  port=$(cat "$folder/port")
  if ! jvm_alive "$place" kafka; then
    kafka_configure "$folder" "$port"
    if [ ! -f "$folder/data/meta.properties" ]; then
      java -XX:TieredStopAtLevel=1 -cp "$KAFKA_JARS/*" kafka.tools.StorageTool format -t "$KAFKA_CLUSTER" \
        -c "$folder/server.properties" >"$folder/log" 2>&1 || die "Kafka could not make its data folder; see $folder/log."
    fi
    jvm_start "$place" kafka Kafka "$port" -Xmx512m -Dlog4j.configuration="file:$folder/log4j.properties" \
      -cp "$KAFKA_JARS/*" kafka.Kafka "$folder/server.properties"
  fi
  jvm_announce "$dir" KONTOR_KAFKA "127.0.0.1:$port"
}

kafka_stop() { jvm_stop "$1" kafka; }
