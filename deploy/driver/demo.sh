# demo, up, down. Both run from var/run, so one at a time; the demo's data lives in var/demo and ends with it.

RUN=var/run
UP_STACK=var/run/stack
DEMO_STACK=var/demo

ctl() { "$KONTORCTL" --address "$ADDRESS" --key-file "$RUN/key" "$@"; }

mapping_path() { # NAME or path
  if [ -f "$1" ]; then
    printf '%s' "$1"
  elif [ -f "services/kontorctl/mappings/$1.json" ]; then
    printf 'services/kontorctl/mappings/%s.json' "$1"
  else
    die "there is no mapping '$1': use a file, or one of $(cd services/kontorctl/mappings && echo *.json | sed 's/\.json//g')."
  fi
}

stop_demo() {
  process_stop "$RUN"
  stack_wipe "$DEMO_STACK"
}

stop_up() {
  process_stop "$RUN"
  stack_stop "$UP_STACK"
}

# on_exit FUNCTION: runs it however the script ends, Ctrl-C included.
on_exit() {
  # shellcheck disable=SC2064
  trap "set +e; trap '' INT TERM; $1" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

parse_demo_options() {
  PORT=$DEFAULT_PORT KEEP=no DATA='' MAPPING='' GENERATED=no KAFKA=no OPENSEARCH_SEARCH=no
  while [ $# -gt 0 ]; do
    case $1 in
      --keep) KEEP=yes ;;
      --generated) GENERATED=yes ;;
      --kafka) KAFKA=yes ;;
      --opensearch) OPENSEARCH_SEARCH=yes ;;
      --port) PORT=$(option_value "$@") && shift ;;
      --data) DATA=$(option_value "$@") && shift ;;
      --mapping) MAPPING=$(option_value "$@") && shift ;;
      *) die "demo knows --keep, --generated, --kafka, --opensearch, --port N, --data FILE and --mapping NAME, not '$1'." ;;
    esac
    shift
  done
  if [ -n "$DATA" ] || [ -n "$MAPPING" ]; then
    [ -n "$DATA" ] && [ -n "$MAPPING" ] || die "--data FILE and --mapping NAME go together."
    [ -r "$DATA" ] || die "the file '$DATA' cannot be read."
    MAPPING=$(mapping_path "$MAPPING") || exit 1
  fi
}

import_generated() {
  rm -rf var/data/generated
  "$KONTORCTL" generate --out var/data/generated
  local mapping file
  # Every file that the generator writes is FILE.csv beside the mapping FILE.mapping.json that describes it.
  for mapping in var/data/generated/*.mapping.json; do
    file=${mapping%.mapping.json}.csv
    ctl import --mapping "$mapping" "$file"
  done
  TOUR_DATA=var/data/generated/orders.csv TOUR_MAPPING=var/data/generated/orders.mapping.json
}

import_data() {
  if [ "$GENERATED" = yes ]; then
    import_generated
  elif [ -n "$DATA" ]; then
    ctl import --mapping "$MAPPING" "$DATA"
    TOUR_DATA=$DATA TOUR_MAPPING=$MAPPING
  else
    TOUR_DATA=var/data/complete-journey/transactions.csv TOUR_MAPPING=$(mapping_path complete-journey)
    ctl import --mapping "$(mapping_path complete-journey-products)" var/data/complete-journey/products.csv
    ctl import --mapping "$TOUR_MAPPING" "$TOUR_DATA"
  fi
}

show_how_to_ask() {
  cat <<EOF

Ask it yourself while it is up:
  $KONTORCTL --address $ADDRESS --key-file $RUN/key help
  PYTHONPATH=var/python $PYTHON tests/clients/ask.py --address $ADDRESS --key-file $RUN/key
EOF
}

# Search goes by the sentence encoder where set-up could fetch it.
with_sentence_model() {
  SENTENCE_MODEL=''
  if [ -f "$ENCODER/model.safetensors" ]; then SENTENCE_MODEL=$ROOT/$ENCODER; fi
}

demo() {
  parse_demo_options "$@"
  local extras=()
  if [ "$KAFKA" = yes ]; then extras+=(--kafka); fi
  if [ "$OPENSEARCH_SEARCH" = yes ]; then extras+=(--opensearch); fi
  setup "${extras[@]}"
  require_not_running "$RUN"
  require_free_ports "$PORT"
  stack_wipe "$DEMO_STACK"
  on_exit stop_demo
  step "starting a private PostgreSQL and Redis (var/demo) and kontor-all on 127.0.0.1:$PORT"
  stack_start "$DEMO_STACK"
  if [ "$KAFKA" = yes ]; then
    step "starting a private Kafka broker: the event log"
    kafka_start "$DEMO_STACK"
  fi
  if [ "$OPENSEARCH_SEARCH" = yes ]; then
    step "starting a private OpenSearch node: what answers searches"
    opensearch_start "$DEMO_STACK"
  fi
  with_sentence_model
  process_start "$DEMO_STACK" "$RUN" "$PORT"
  step "importing"
  import_data
  ctl wait
  ctl demo --data "$TOUR_DATA" --mapping "$TOUR_MAPPING"
  show_how_to_ask
  if [ "$KEEP" = yes ]; then
    printf "\n%s\n" "Staying up until Ctrl-C."
    wait || die "kontor-all ended by itself; its last words are in $RUN/kontor-all.log."
  else
    printf "\n%s\n" "The demo ends here and takes its servers with it; ./kontor demo --keep leaves them up."
  fi
}

up() {
  PORT=$DEFAULT_PORT
  while [ $# -gt 0 ]; do
    case $1 in
      --port) PORT=$(option_value "$@") && shift ;;
      *) die "up knows --port N, not '$1'." ;;
    esac
    shift
  done
  setup --kafka
  require_not_running "$RUN"
  require_free_ports "$PORT" $((3 * ${#SERVICES[@]}))
  on_exit stop_up
  step "starting PostgreSQL, Redis and Kafka ($UP_STACK), then ${SERVICES[*]} from 127.0.0.1:$PORT on"
  stack_start "$UP_STACK"
  kafka_start "$UP_STACK"
  with_sentence_model
  process_start "$UP_STACK" "$RUN" "$PORT" "${SERVICES[@]/#/kontor-}"
  trap - EXIT INT TERM
  say "Kontor is up: calls at $ADDRESS; health at the next port of each, metrics at the one after. ./kontor down stops it."
  show_how_to_ask
}

down() {
  [ $# -eq 0 ] || die "down takes no options."
  stop_up
  stack_wipe "$DEMO_STACK"
  say "Kontor is down; the data of ./kontor up stays in $UP_STACK."
}
