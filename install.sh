#!/usr/bin/env bash
# Builds and installs deploy with its completions and manual pages. Running it again changes nothing but what is newer.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./install.sh [--prefix DIR] [--demo [--context NAME]]

  --prefix DIR     install below DIR (default: ~/.local): bin/deploy, completions, manual pages
  --demo           then show it: start a sandbox, deploy examples/shop, change it, break it, roll it back
  --context NAME   run the demo in this kubeconfig context instead of a sandbox (kind, minikube, any cluster)
  -h, --help       show this
TEXT
}

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }
if [ -n "${NO_COLOR:-}" ] || [ ! -t 2 ]; then
  say() { printf '\n%s\n' "$*" >&2; }
fi

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

root=$(cd "$(dirname "$0")" && pwd)
prefix=${HOME:+$HOME/.local}
demo=no
context=

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --context) [ $# -ge 2 ] || fail "--context needs a name"; context=$2; shift ;;
    --context=*) context=${1#*=} ;;
    --demo) demo=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; printf '\ninstall.sh: unknown argument %s\n' "$1" >&2; exit 2 ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "there is no home folder; pass --prefix DIR"
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
[ -z "$context" ] || [ "$demo" = yes ] || fail "--context is for the demo: pass --demo too"

# Whether version $1 is at least $2, both as MAJOR.MINOR.
at_least() {
  local major=${1%%.*} minor=${1#*.}
  minor=${minor%%.*}
  minor=${minor%%[!0-9]*}
  [ "$major" -gt "${2%%.*}" ] || { [ "$major" -eq "${2%%.*}" ] && [ "${minor:-0}" -ge "${2#*.}" ]; }
}

need_rust() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
  command -v cargo >/dev/null 2>&1 ||
    fail "cargo is missing: deploy is built with Rust $wanted or newer" "install it from https://rustup.rs, then run this again"
  found=$(cd "$root" && cargo --version | cut -d' ' -f2)
  at_least "$found" "$wanted" ||
    fail "Rust $wanted or newer is needed to build deploy; this is $found" "rustup update stable"
}

need_go() {
  local wanted found
  wanted=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' "$root/sandbox/go.mod")
  command -v go >/dev/null 2>&1 ||
    fail "Go is missing: the sandbox is a real Kubernetes, compiled on this machine with Go $wanted or newer" \
      "install it from https://go.dev/dl, then run this again" \
      "or use a cluster you have (kind, minikube, any other), which needs no Go: ./install.sh --demo --context NAME" \
      "deploy itself needs no Go either: ./install.sh, then deploy app --context NAME --env staging"
  # Asked outside of any module, so that no other version is fetched just to answer.
  found=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
  at_least "${found#go}" "$wanted" ||
    fail "Go $wanted or newer is needed to build the sandbox; this is ${found#go}" \
      "or use a cluster you have, which needs no Go: ./install.sh --demo --context NAME"
}

install_all() {
  say "Building deploy"
  (cd "$root" && cargo build --release --locked --bin deploy)
  local built=${CARGO_TARGET_DIR:-target}/release/deploy
  case $built in /*) ;; *) built=$root/$built ;; esac
  mkdir -p "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/bash-completion/completions" \
    "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
  # Moved into place, so that a running deploy keeps the file it was started from.
  cp "$built" "$prefix/bin/.deploy.new"
  chmod 755 "$prefix/bin/.deploy.new"
  mv -f "$prefix/bin/.deploy.new" "$prefix/bin/deploy"
  deploy completions bash >"$prefix/share/bash-completion/completions/deploy"
  deploy completions zsh >"$prefix/share/zsh/site-functions/_deploy"
  deploy completions fish >"$prefix/share/fish/vendor_completions.d/deploy.fish"
  # Pages of commands that are gone must not stay.
  rm -f "$prefix"/share/man/man1/deploy.1 "$prefix"/share/man/man1/deploy-*.1
  deploy man "$prefix/share/man/man1"
  say "$(deploy --version) is installed: $prefix/bin/deploy"
  case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) printf "  %s is not in PATH: export PATH=\"%s:\$PATH\"\n" "$prefix/bin" "$prefix/bin" >&2 ;;
  esac
}

deploy() { "$prefix/bin/deploy" "$@"; }

# Shows a command, runs it, and insists on its exit code.
show() {
  local expected=$1 code=0
  shift
  printf '\n$ deploy %s\n' "$*" >&2
  deploy "$@" || code=$?
  [ "$code" -eq "$expected" ] || fail "the demo stopped: exit code $code, where $expected was expected"
}

run_demo() {
  local shop=$root/examples/shop
  if [ -z "$context" ]; then
    context=deploy-sandbox
    say "1. A Kubernetes to deploy to (the first start compiles it, which takes some minutes)"
    show 0 sandbox up
  fi
  local where=(--project "$shop" --env staging --context "$context")

  say "2. Deploy examples/shop"
  show 0 app "${where[@]}" --yes

  say "3. Change it: two more replicas of web"
  show 0 app "${where[@]}" --yes --set web.replicas=4

  say "4. Break it: an image that crashes. deploy says why, and puts the last good release back (exit code 5)"
  show 5 app "${where[@]}" --yes --set web.replicas=4 --image web=sandbox/crash:exit-1

  say "5. Go back to before the change"
  show 0 rollback "${where[@]}" --yes

  say "6. What happened"
  show 0 history "${where[@]}"

  cat >&2 <<TEXT

Try next, in $shop:
  deploy status --env staging --context $context
  deploy plan --env staging --context $context --set web.replicas=5
  deploy show 3 --env staging --context $context --findings
TEXT
  if [ "$context" = deploy-sandbox ]; then
    printf '  deploy sandbox down\n' >&2
  fi
}

need_rust
# Asked now, not after minutes of building.
if [ "$demo" = yes ] && [ -z "$context" ]; then
  need_go
fi
install_all
if [ "$demo" = yes ]; then
  run_demo
fi
