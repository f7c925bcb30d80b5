# A private PostgreSQL and Redis, reachable through sockets only, so they cannot collide with anything on the machine.
#
#   stack_start DIR   starts both below DIR (data of an earlier start is kept) and writes DIR/stack.env with
#                     KONTOR_POSTGRES="host=… port=… dbname=kontor user=kontor" and KONTOR_REDIS="unix:///…"
#   stack_stop DIR    stops exactly these two, whoever started them
#   stack_wipe DIR    stops them and forgets their data
#
# PostgreSQL refuses to run as root: then it runs as user postgres, in a folder that this user can reach. Where DIR is not
# such a folder, or its path is too long for a socket, the files live in a fresh folder of /tmp that DIR/place names.
# Writes are durable (fsync on), so measured figures are those of a real server. Needs common.sh and ROOT.

POSTGRES_HOME=/usr/lib/postgresql # one folder per version below
POSTGRES_USER_NAME=postgres
POSTGRES_PORT=5432 # only names the socket: nothing listens on a TCP port
SOCKET_PATH_MAX=107

postgres_bin() {
  local folder
  for folder in "$POSTGRES_HOME/15/bin" $(ls -d "$POSTGRES_HOME"/*/bin 2>/dev/null | sort -rV); do
    if [ -x "$folder/initdb" ]; then
      printf '%s' "$folder"
      return 0
    fi
  done
  die "PostgreSQL is missing: ./kontor setup installs it (package postgresql)."
}

# Runs a PostgreSQL program as the user it accepts; never in a folder that this user may not enter.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid="$POSTGRES_USER_NAME" --regid="$POSTGRES_USER_NAME" --init-groups \
      env HOME=/tmp LC_ALL=C.UTF-8 "$@")
  else
    (cd / && LC_ALL=C.UTF-8 "$@")
  fi
}

stack_place_fits() { # FOLDER: reachable by PostgreSQL's user and short enough for its socket's path
  local socket="$1/postgres/.s.PGSQL.$POSTGRES_PORT.lock"
  [ ${#socket} -lt $SOCKET_PATH_MAX ] && as_postgres test -x "$1"
}

# The absolute folder of DIR's files; made on first use.
stack_place() {
  local dir=$1
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd -P)
  if [ -f "$dir/place" ] && [ -d "$(cat "$dir/place")" ]; then
    cat "$dir/place"
    return 0
  fi
  local place=$dir
  if ! stack_place_fits "$place"; then
    place=$(mktemp -d /tmp/kontor-XXXXXX)
    chmod 711 "$place"
  fi
  printf '%s\n' "$place" | tee "$dir/place"
}

postgres_running() { as_postgres "$1/pg_ctl" -D "$2/postgres/data" status >/dev/null 2>&1; }

postgres_init() { # BIN PLACE
  local bin=$1 place=$2
  rm -rf "$place/postgres"
  mkdir -p "$place/postgres"
  chmod 700 "$place/postgres"
  if [ "$(id -u)" = 0 ]; then chown "$POSTGRES_USER_NAME" "$place/postgres"; fi
  as_postgres "$bin/initdb" -D "$place/postgres/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
    >"$place/initdb.log" 2>&1 || {
    tail -n 5 "$place/initdb.log" >&2
    die "PostgreSQL could not make its data folder in $place/postgres; is the disk full?"
  }
}

postgres_start() { # BIN PLACE
  local bin=$1 place=$2
  as_postgres "$bin/pg_ctl" -D "$place/postgres/data" -l "$place/postgres/log" -w -t 60 -s -o "-c listen_addresses='' \
    -c port=$POSTGRES_PORT -c unix_socket_directories=$place/postgres -c unix_socket_permissions=0700 \
    -c shared_buffers=256MB -c max_wal_size=4GB -c max_connections=200" start >/dev/null 2>&1 || {
    tail -n 5 "$place/postgres/log" >&2
    die "PostgreSQL did not start; its words are above and in $place/postgres/log."
  }
}

postgres_make_database() { # BIN PLACE: the role and the database, unless they are there
  local psql=(as_postgres "$1/psql" -h "$2/postgres" -p "$POSTGRES_PORT" -U postgres -qAt -v ON_ERROR_STOP=1)
  if [ "$("${psql[@]}" -c "SELECT 1 FROM pg_database WHERE datname = 'kontor'" postgres)" = 1 ]; then return 0; fi
  "${psql[@]}" -c "CREATE ROLE kontor LOGIN CREATEROLE" -c "CREATE DATABASE kontor OWNER kontor" postgres
}

redis_alive() { # PLACE: is the process of the pid file ours?
  local pid
  pid=$(cat "$1/redis.pid" 2>/dev/null) && grep -qa "unixsocket:$1/redis.sock" "/proc/$pid/cmdline" 2>/dev/null
}

redis_start() { # PLACE
  if redis_alive "$1"; then return 0; fi
  command -v redis-server >/dev/null || die "Redis is missing: ./kontor setup installs it (package redis-server)."
  rm -f "$1/redis.sock"
  redis-server --port 0 --unixsocket "$1/redis.sock" --unixsocketperm 700 --save "" --appendonly no --dir "$1" \
    --daemonize yes --pidfile "$1/redis.pid" --logfile "$1/redis.log" >/dev/null ||
    die "Redis did not start; see $1/redis.log."
  local try
  for try in $(seq 100); do
    if [ -S "$1/redis.sock" ]; then return 0; fi
    sleep 0.05
  done
  die "Redis did not open $1/redis.sock within 5 s; see $1/redis.log."
}

stack_start() {
  local dir=$1 bin place
  bin=$(postgres_bin) || exit 1
  place=$(stack_place "$dir") || exit 1
  if [ ! -f "$place/postgres/data/PG_VERSION" ]; then postgres_init "$bin" "$place"; fi
  if ! postgres_running "$bin" "$place"; then postgres_start "$bin" "$place"; fi
  postgres_make_database "$bin" "$place"
  redis_start "$place"
  printf 'KONTOR_POSTGRES="host=%s port=%s dbname=kontor user=kontor"\nKONTOR_REDIS="unix://%s"\n' \
    "$place/postgres" "$POSTGRES_PORT" "$place/redis.sock" >"$dir/stack.env"
}

stack_stop() {
  local dir=$1 place bin pid
  if [ ! -f "$dir/place" ]; then return 0; fi
  place=$(cat "$dir/place")
  if redis_alive "$place"; then
    pid=$(cat "$place/redis.pid")
    kill "$pid" 2>/dev/null || true
    wait_for_exit "$pid" 10 || kill -9 "$pid" 2>/dev/null || true
  fi
  if [ -f "$place/postgres/data/postmaster.pid" ]; then
    bin=$(postgres_bin)
    as_postgres "$bin/pg_ctl" -D "$place/postgres/data" -m fast -w -t 60 -s stop >/dev/null 2>&1 || true
  fi
  kafka_stop "$dir"
  opensearch_stop "$dir"
  rm -f "$dir/stack.env"
}

stack_wipe() {
  local dir=$1 place
  stack_stop "$dir"
  if [ -f "$dir/place" ]; then
    place=$(cat "$dir/place")
    case $place in /tmp/kontor-*) rm -rf "$place" ;; esac
  fi
  rm -rf "$dir"
}

# wait_for_exit PID SECONDS: true as soon as the process is gone (or dead and only waiting to be collected).
wait_for_exit() {
  local try
  for try in $(seq $(($2 * 20))); do
    if ! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; then return 0; fi
    sleep 0.05
  done
  return 1
}

# A server in Java beside the stack, in PLACE/NAME: its pid, its port, its log.

jvm_alive() { # PLACE NAME: is the process of the pid file the one that was started there?
  local pid
  pid=$(cat "$1/$2/pid" 2>/dev/null) && grep -qaF "$1/$2/" "/proc/$pid/cmdline" 2>/dev/null
}

jvm_start() { # PLACE NAME WHAT PORT ARGUMENTS…: returns when it listens; the arguments name a file below PLACE/NAME
  local place=$1 name=$2 what=$3 port=$4 folder=$1/$2 try
  shift 4
  setsid java -Xms256m -XX:+UseSerialGC "$@" >>"$folder/log" 2>&1 </dev/null &
  printf '%s\n' "$!" >"$folder/pid"
  for try in $(seq 600); do
    if port_taken "$port"; then return 0; fi
    jvm_alive "$place" "$name" || [ "$try" -lt 20 ] || die "$what ended by itself; its words are in $folder/log."
    sleep 0.1
  done
  die "$what did not answer within 60 s; its words are in $folder/log."
}

jvm_stop() { # DIR NAME: exactly this one, whoever started it
  local place pid
  if [ ! -f "$1/place" ]; then return 0; fi
  place=$(cat "$1/place")
  if jvm_alive "$place" "$2"; then
    pid=$(cat "$place/$2/pid")
    kill "$pid" 2>/dev/null || true
    wait_for_exit "$pid" 30 || kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$place/$2/pid"
}

jvm_announce() { # DIR VARIABLE ADDRESS: into DIR/stack.env, instead of what stood there
  sed -i "/^$2=/d" "$1/stack.env"
  printf '%s="%s"\n' "$2" "$3" >>"$1/stack.env"
}
