# Debian packages: installs exactly what the lists name and the machine lacks.

PACKAGE_LISTS=(deploy/debian-packages.txt) # setup --kafka and --opensearch add theirs
KAFKA_PACKAGE_LIST=deploy/debian-packages-kafka.txt
OPENSEARCH_PACKAGE_LIST=deploy/debian-packages-opensearch.txt

# Names of the listed packages that are neither installed nor made unnecessary by their `unless` command.
missing_packages() {
  local installed package keyword test
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
  while read -r package keyword test; do
    if grep -qxF "$package" <<<"$installed"; then continue; fi
    if [ "$keyword" = unless ] && bash -c "$test" >/dev/null 2>&1; then continue; fi
    printf '%s\n' "$package"
  done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${PACKAGE_LISTS[@]}")
}

is_debian_12() {
  [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ])
}

install_packages() {
  is_debian_12 || die "setup installs packages on Debian 12 only: here, build the container of deploy/docker/Dockerfile," \
    "or install the counterparts of ${PACKAGE_LISTS[*]} yourself and run ./kontor setup --no-packages."
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root bash -euo pipefail deploy/driver/install-debian-packages.sh "${missing[@]}"
}
