#!/usr/bin/env bash
# Starts kontor-all. Without a keys file it makes a random key once, in /var/lib/kontor, and says where it lies.
set -euo pipefail
run=/var/lib/kontor
cd /opt/kontor
source deploy/driver/common.sh
source deploy/driver/process.sh
if [ ! -s "$run/keys.json" ]; then
  write_key "$run"
  say "made a key for the shop 'default': $run/key"
fi
write_secret "$run/subject-secret"
mkdir -p "$run/models"
exec "$BIN/kontor-all" "$@"
