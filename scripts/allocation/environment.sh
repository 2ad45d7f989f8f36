# Shared by the scripts that compare with programs of PyPI; sourced after lib.sh, not run.
# They are never linked or vendored: what is compared with lives in a throw-away environment, for as long as a script runs.

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# throw_away_python PACKAGE...: installs the packages; $python is the interpreter that has them.
throw_away_python() {
  command -v python3 >/dev/null && python3 -c 'import ensurepip' 2>/dev/null ||
    fail "Python with its venv module is missing: run scripts/install comparisons"
  say "installing $* into a throw-away environment"
  python3 -m venv "$scratch/python"
  python="$scratch/python/bin/python"
  "$python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}

# The folder of real elections beside this repository, if it is there.
real_elections="$root/../shared/data/pabulib"

# The folder of built programs.
built="${CARGO_TARGET_DIR:-$root/target}/release"
