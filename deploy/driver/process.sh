# Processes beside a stack: configuration, keys, start, stop. RUN is the folder of their small files: keys.json, key (the raw
# key, mode 600) and PROGRAM.{json,pid,log} of each program: kontor-all, or one for each service.

BIN=build/release/bin
KONTORCTL=$BIN/kontorctl
SERVICES=(ingest analytics recommendations search forecasting)
DEFAULT_PORT=7700

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_free_ports() { # FIRST [COUNT]: COUNT ports from the first on, 3 unless given
  local port last
  [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -ge 1 ] && [ "$1" -le 65500 ] || die "'$1' is not a port: give a number from 1 to 65500."
  last=$(($1 + ${2:-3} - 1))
  for port in $(seq "$1" "$last"); do
    if port_taken "$port"; then
      die "port $port is in use by another program: choose other free ports with --port N (this run wanted $1 to $last)."
    fi
  done
}

free_ports() { # FIRST: the first of three
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

write_config() { # STACK RUN PROGRAM PORT
  local KONTOR_POSTGRES KONTOR_REDIS KONTOR_KAFKA='' KONTOR_OPENSEARCH='' opensearch=''
  # shellcheck source=/dev/null
  source "$1/stack.env"
  if [ -n "$KONTOR_OPENSEARCH" ]; then opensearch="\"opensearch\": {\"url\": \"$KONTOR_OPENSEARCH\"},"; fi
  write_secret "$1/subject-secret"
  cat >"$2/$3.json" <<EOF
{
  "server": {
    "publicAddress": "127.0.0.1:$4",
    "adminAddress": "127.0.0.1:$(($4 + 1))",
    "metricsAddress": "127.0.0.1:$(($4 + 2))",
    "keysFile": "$2/keys.json"
  },
  "postgres": "$KONTOR_POSTGRES",
  "redis": "$KONTOR_REDIS",
  "kafka": "$KONTOR_KAFKA",
  $opensearch
  "modelDir": "$1/models",
  "sentenceModelDir": "${SENTENCE_MODEL:-}",
  "subjectSecretFile": "$1/subject-secret",
  "shops": [{"id": "default", "timeZone": "UTC"}],
  "log": {"format": "json"}
}
EOF
}

program_alive() { # RUN PROGRAM: is the process of the pid file the one that this folder's configuration started?
  local pid
  pid=$(cat "$1/$2.pid" 2>/dev/null) && grep -qaF "$1/$2.json" "/proc/$pid/cmdline" 2>/dev/null
}

programs_of() { # RUN: whatever was started from it
  local file
  for file in "$1"/*.pid; do
    if [ -e "$file" ]; then basename "$file" .pid; fi
  done
}

process_alive() { # RUN: does any program run from this folder?
  local program
  for program in $(programs_of "$1"); do
    if program_alive "$1" "$program"; then return 0; fi
  done
  return 1
}

require_not_running() { # RUN
  if process_alive "$1"; then
    die "Kontor already runs from this folder (process $(cat "$1"/*.pid | paste -sd,)): ./kontor down stops it."
  fi
}

# process_start STACK RUN PORT [PROGRAM…]: kontor-all, or the programs named, each with three ports; returns when all answer,
# shows their own words when one does not. ADDRESS is how kontorctl reaches them.
process_start() {
  local stack=$1 run=$2 port=$3 program pids=()
  shift 3
  if [ $# -eq 0 ]; then set -- kontor-all; fi
  mkdir -p "$run"
  write_key "$run"
  ADDRESS=''
  for program in "$@"; do
    [ -x "$BIN/$program" ] || die "$BIN/$program is not built: run ./kontor setup."
    write_config "$stack" "$run" "$program" "$port"
    setsid "$BIN/$program" --config "$run/$program.json" >"$run/$program.log" 2>&1 </dev/null &
    pids+=($!)
    printf '%s\n' $! >"$run/$program.pid"
    if [ "$program" = kontor-all ]; then ADDRESS=127.0.0.1:$port; else ADDRESS+=${ADDRESS:+,}${program#kontor-}=127.0.0.1:$port; fi
    port=$((port + 3))
  done
  if ! becomes_healthy "$run" "$ADDRESS" "${pids[@]}"; then
    for program in "$@"; do tail -n 5 "$run/$program.log" >&2; done
    tail -n 5 "$run/health.log" >&2
    die "$* did not become healthy; the last words are above, all of them in $run."
  fi
}

becomes_healthy() { # RUN ADDRESS PID…: false after 60 s, or at once when a process ends
  local run=$1 address=$2 health first='' status=0
  shift 2
  "$KONTORCTL" --address "$address" --key-file "$run/key" health --wait 60s >"$run/health.log" 2>&1 &
  health=$!
  wait -n -p first "$@" "$health" || status=$?
  if [ "$first" != "$health" ]; then
    kill "$health" 2>/dev/null || true
    return 1
  fi
  return "$status"
}

process_stop() { # RUN
  local program pid
  for program in $(programs_of "$1"); do
    if program_alive "$1" "$program"; then kill "$(cat "$1/$program.pid")" 2>/dev/null || true; fi
  done
  for program in $(programs_of "$1"); do
    pid=$(cat "$1/$program.pid")
    if program_alive "$1" "$program"; then wait_for_exit "$pid" 30 || kill -9 "$pid" 2>/dev/null || true; fi
    rm -f "$1/$program.pid"
  done
}
