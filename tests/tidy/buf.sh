#!/usr/bin/env bash
# buf.sh lint | breaking | baseline, offline, with the buf that ./kontor setup pinned.
#   lint      the protos of proto/ against buf.yaml
#   breaking  the same against proto/baseline.binpb, the published API
#   baseline  writes proto/baseline.binpb anew: only together with an ADR that says what callers have to change
set -euo pipefail
cd "$(dirname "$0")/../.."
buf=var/third_party/node/node_modules/.bin/buf
if [ ! -x "$buf" ]; then
  echo "SKIP buf-${1:-}: $buf is missing; ./kontor setup brings it"
  exit 0
fi
export BUF_CACHE_DIR=var/cache/buf
case ${1:-} in
  lint) "$buf" lint proto ;;
  breaking) "$buf" breaking proto --against proto/baseline.binpb ;;
  baseline) "$buf" build proto -o proto/baseline.binpb ;;
  *)
    echo "usage: buf.sh lint | breaking | baseline" >&2
    exit 2
    ;;
esac
