# Run as root with package names: installs them without starting, stopping or enabling any system service.
# A policy-rc.d that refuses every start stands only while apt runs; postgresql is told not to make a cluster.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
saved=$(mktemp -d)

restore() {
  rm -f "$policy"
  if [ -e "$saved/policy-rc.d" ]; then cp -a "$saved/policy-rc.d" "$policy"; fi
  if [ -e "$saved/createcluster.conf" ]; then cp -a "$saved/createcluster.conf" "$cluster"; fi
  rm -rf "$saved"
}

guard_services() {
  if [ -e "$policy" ]; then cp -a "$policy" "$saved/"; fi
  if [ -e "$cluster" ]; then cp -a "$cluster" "$saved/"; fi
  trap restore EXIT
  trap 'exit 130' INT TERM
  rm -f "$policy"
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  mkdir -p "$(dirname "$cluster")"
  printf '# written by ./kontor setup: Kontor starts private servers only\ncreate_main_cluster = false\n' >"$cluster"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

redis_was_there=no
if installed redis-server; then redis_was_there=yes; fi
guard_services
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
if [ "$redis_was_there" = no ] && installed redis-server && command -v systemctl >/dev/null; then
  systemctl disable --quiet redis-server 2>/dev/null || true  # or it would start with the next boot
fi
