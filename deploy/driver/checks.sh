# test, bench, lint.

run_tests() {
  [ $# -le 1 ] || die "test takes at most one regular expression."
  trap 'echo "0 passed, 1 failed"' EXIT # what is said when the build fails; exec below forgets it
  setup --kafka --opensearch
  build asan unit_tests
  exec "$PYTHON" tests/run_tests.py --results var/test ${1:+--filter "$1"} build/release build/asan:sanitized
}

bench_command() { # NAME: prints the program that measures it
  local candidate
  for candidate in "bench/${1//-/_}.sh" "bench/${1//-/_}.py" "build/release/bin/bench_${1//-/_}"; do
    if [ -f "$candidate" ]; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  die "there is no bench '$1'; there are:" \
    "$({ ls bench/*.sh bench/*.py build/release/bin/bench_* 2>/dev/null || true; } | bench_names)."
}

bench_names() { sed -E 's#.*/(bench_)?##; s#\.(sh|py)$##; /^(report|noop)$/d' | tr '_' '-' | sort -u | paste -sd' '; }

bench() {
  local name=${1:-} record=no options=() argument program out
  [ -n "$name" ] || die "bench needs a name, for example ./kontor bench import --quick."
  shift
  for argument in "$@"; do
    if [ "$argument" = --record ]; then record=yes; else options+=("$argument"); fi
  done
  case " $name ${options[*]-} " in *" ingest "* | *" faults "* | *" kafka "*) setup --kafka ;; *) setup ;; esac
  program=$(bench_command "$name") || exit 1
  out=var/bench/$name.json
  mkdir -p var/bench
  rm -f "$out" "var/bench/$name.data"
  export KONTOR_BUILD=build/release KONTOR_BENCH_OUT=$out KONTOR_BENCH_DATA=var/bench/$name.data KONTOR_PYTHON=$PYTHON
  case $program in
    *.sh) bash "$program" "${options[@]}" ;;
    *.py) "$PYTHON" "$program" "${options[@]}" ;;
    *) "$program" "${options[@]}" ;;
  esac || die "bench $name failed; nothing is recorded."
  [ -s "$out" ] || die "bench $name wrote no figures to $out."
  "$PYTHON" bench/report.py table "$out"
  if [ "$record" = yes ]; then
    "$PYTHON" bench/report.py record "$out"
    "$PYTHON" bench/report.py readme
  fi
}

own_cpp_files() { git ls-files -co --exclude-standard '*.cc' '*.h' | while read -r file; do [ ! -f "$file" ] || echo "$file"; done; }

lint() {
  [ $# -eq 0 ] || die "lint takes no options."
  setup
  step "clang-format-14 over every C++ file"
  own_cpp_files | xargs -r clang-format-14 --dry-run -Werror || die "run clang-format-14 -i on the files above."
  step "buf lint and buf breaking"
  bash tests/tidy/buf.sh lint
  bash tests/tidy/buf.sh breaking
  step "style (tests/tidy/tidy.py)"
  "$PYTHON" tests/tidy/tidy.py
  step "clang's thread-safety analysis of every library and service (preset tidy)"
  build tidy kontor_libraries
  step "unit tests under the thread sanitizer (preset tsan)"
  build tsan unit_tests
  "$PYTHON" tests/run_tests.py --results var/test build/tsan:sanitized
  say "lint: clean"
}
