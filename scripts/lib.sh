# Shared by the scripts here; sourced, not run.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Builds the program as it is deployed, and what puts load on it; prints their folder. On two cores a quarter of an hour, the first time.
build_for_load() {
  cargo build --quiet --profile image -p comitia -p comitia-loadtests >&2
  printf '%s\n' "${CARGO_TARGET_DIR:-target}/image"
}

# The folder of PostgreSQL's server programs: COMITIA_POSTGRES_BIN, else Debian's newest, else PATH.
postgres_bin() {
  local found
  if [ -n "${COMITIA_POSTGRES_BIN:-}" ]; then
    found="$COMITIA_POSTGRES_BIN"
  else
    found="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)" || true
    if [ -z "$found" ] && command -v initdb >/dev/null; then
      found="$(dirname "$(readlink -f "$(command -v initdb)")")"
    fi
  fi
  [ -n "$found" ] && [ -x "$found/initdb" ] || fail "PostgreSQL's server programs are missing: run scripts/install"
  printf '%s\n' "$found"
}
