# Shared by every part of the driver. ROOT is the repository and the working directory.

STAMPS=var/stamps
PYTHON=var/venv/bin/python
BUF=var/third_party/node/node_modules/.bin/buf

say() { printf '%s\n' "$*"; }
step() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() {
  printf 'kontor: %s\n' "$*" >&2
  exit 1
}

# The value of option $1; fails in words when there is none left.
option_value() {
  [ $# -ge 2 ] && [ -n "$2" ] || die "$1 needs a value."
  printf '%s' "$2"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || die "installing packages needs root: run ./kontor setup as root, or install sudo."
    sudo "$@"
  fi
}

# fingerprint FILES: changes with their content, with this folder's place and with the driver's own idea of a step.
fingerprint() { { printf '%s\n' "$ROOT"; cat "$@"; } | sha256sum | cut -d' ' -f1; }

# once NAME "INPUT FILES" RESULT FUNCTION: runs FUNCTION unless RESULT is there and the inputs are those of the last run.
once() {
  local name=$1 result=$3 function=$4 print
  # shellcheck disable=SC2086
  print=$(fingerprint $2)
  if [ -e "$result" ] && [ "$(cat "$STAMPS/$name" 2>/dev/null)" = "$print" ]; then
    return 0
  fi
  mkdir -p "$STAMPS"
  rm -f "$STAMPS/$name"
  "$function"
  printf '%s\n' "$print" >"$STAMPS/$name"
}
