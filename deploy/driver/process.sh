# The all-in-one process beside a stack: configuration, keys, start, stop. RUN is the folder of its small files:
# config.json, keys.json, key (the raw key, mode 600), kontor-all.{pid,log}.

KONTOR_ALL=build/release/bin/kontor-all
KONTORCTL=build/release/bin/kontorctl
DEFAULT_PORT=7700

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_free_ports() { # FIRST: the first of three
  local port
  [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -ge 1 ] && [ "$1" -le 65533 ] || die "'$1' is not a port: give a number from 1 to 65533."
  for port in "$1" $(($1 + 1)) $(($1 + 2)); do
    if port_taken "$port"; then
      die "port $port is in use by another program: choose three free ports in a row with --port N (this run wanted $1 to $(($1 + 2)))."
    fi
  done
}

free_ports() { # FIRST: prints the next number from which three ports in a row are free
  local port=$1
  while port_taken "$port" || port_taken $((port + 1)) || port_taken $((port + 2)); do port=$((port + 3)); done
  printf '%s' "$port"
}

write_key() { # RUN: a random key for one shop and all roles, made once
  local run=$1 sum
  if [ -s "$run/key" ] && [ -s "$run/keys.json" ]; then return 0; fi
  (umask 077 && head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$run/key")
  sum=$(sha256sum <"$run/key" | cut -d' ' -f1)
  cat >"$run/keys.json" <<EOF
{"keys": [{"sha256": "$sum", "shop": "default", "roles": ["ROLE_STOREFRONT", "ROLE_ANALYST", "ROLE_OPERATOR"], "label": "demo"}]}
EOF
}

write_secret() { # FILE: the secret behind subject tokens, made once: it belongs to the data and goes with it
  [ -s "$1" ] || (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1")
}

write_config() { # STACK RUN PORT
  local KONTOR_POSTGRES KONTOR_REDIS
  # shellcheck source=/dev/null
  source "$1/stack.env"
  write_secret "$1/subject-secret"
  cat >"$2/config.json" <<EOF
{
  "server": {
    "publicAddress": "127.0.0.1:$3",
    "adminAddress": "127.0.0.1:$(($3 + 1))",
    "metricsAddress": "127.0.0.1:$(($3 + 2))",
    "keysFile": "$2/keys.json"
  },
  "postgres": "$KONTOR_POSTGRES",
  "redis": "$KONTOR_REDIS",
  "modelDir": "$1/models",
  "subjectSecretFile": "$1/subject-secret",
  "shops": [{"id": "default", "timeZone": "UTC"}],
  "log": {"format": "json"}
}
EOF
}

process_alive() { # RUN: is the process of the pid file the one that this folder's configuration started?
  local pid
  pid=$(cat "$1/kontor-all.pid" 2>/dev/null) && grep -qaF "$1/config.json" "/proc/$pid/cmdline" 2>/dev/null
}

require_not_running() { # RUN
  if process_alive "$1"; then
    die "Kontor already runs from this folder (process $(cat "$1/kontor-all.pid")): ./kontor down stops it."
  fi
}

# process_start STACK RUN PORT: returns when the process answers; its own words are shown when it does not.
process_start() {
  local stack=$1 run=$2 port=$3 pid
  [ -x "$KONTOR_ALL" ] || die "$KONTOR_ALL is not built: run ./kontor setup."
  mkdir -p "$run"
  write_key "$run"
  write_config "$stack" "$run" "$port"
  setsid "$KONTOR_ALL" --config "$run/config.json" >"$run/kontor-all.log" 2>&1 </dev/null &
  pid=$!
  printf '%s\n' "$pid" >"$run/kontor-all.pid"
  if ! becomes_healthy "$run" "$port" "$pid"; then
    tail -n 5 "$run/kontor-all.log" "$run/health.log" >&2
    die "kontor-all did not become healthy; its last words are above, all of them in $run/kontor-all.log."
  fi
}

becomes_healthy() { # RUN PORT PID: false after 30 s, or at once when the process ends
  local health first='' status=0
  "$KONTORCTL" --address "127.0.0.1:$2" --key-file "$1/key" health --wait 30s >"$1/health.log" 2>&1 &
  health=$!
  wait -n -p first "$3" "$health" || status=$?
  if [ "$first" != "$health" ]; then
    kill "$health" 2>/dev/null || true
    return 1
  fi
  return "$status"
}

process_stop() { # RUN
  local pid
  if process_alive "$1"; then
    pid=$(cat "$1/kontor-all.pid")
    kill "$pid" 2>/dev/null || true
    wait_for_exit "$pid" 30 || kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$1/kontor-all.pid"
}
