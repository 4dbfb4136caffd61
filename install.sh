#!/usr/bin/env bash
# Builds and installs deploy with its completions and manual pages. Running it again changes nothing but what is newer.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./install.sh [--prefix DIR] [--demo [--context NAME]]
       ./install.sh --uninstall [--prefix DIR]

  --prefix DIR     install below DIR (default: ~/.local): bin/deploy, completions, manual pages
  --demo           then show it: start a sandbox, deploy examples/shop, change it, break it, roll it back
  --context NAME   run the demo in this kubeconfig context instead of a sandbox (kind, minikube, any cluster)
  --uninstall      remove what was installed below DIR
  -h, --help       show this
TEXT
}

bold=$'\033[1m' plain=$'\033[0m'
if [ -n "${NO_COLOR:-}" ] || [ ! -t 2 ]; then bold='' plain=''; fi

# A heading, and a line that explains it.
say() {
  printf '\n%s%s%s\n' "$bold" "$1" "$plain" >&2
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" >&2; fi
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

root=$(cd "$(dirname "$0")" && pwd)
prefix=${HOME:+$HOME/.local}
demo=no
uninstall=no
context=

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --context) [ $# -ge 2 ] || fail "--context needs a name"; context=$2; shift ;;
    --context=*) context=${1#*=} ;;
    --demo) demo=yes ;;
    --uninstall) uninstall=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; printf '\ninstall.sh: unknown argument %s\n' "$1" >&2; exit 2 ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "there is no home folder; pass --prefix DIR"
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
given_prefix=
[ "$prefix" = "${HOME:-}/.local" ] || given_prefix=" --prefix $prefix"
man=$prefix/share/man/man1
bash_completion=$prefix/share/bash-completion/completions/deploy
zsh_completion=$prefix/share/zsh/site-functions/_deploy
fish_completion=$prefix/share/fish/vendor_completions.d/deploy.fish
add_to_path="export PATH=\"$prefix/bin:\$PATH\""
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
  mkdir -p "$prefix/bin" "$man" "${bash_completion%/*}" "${zsh_completion%/*}" "${fish_completion%/*}"
  # Moved into place, so that a running deploy keeps the file it was started from.
  cp "$built" "$prefix/bin/.deploy.new"
  chmod 755 "$prefix/bin/.deploy.new"
  mv -f "$prefix/bin/.deploy.new" "$prefix/bin/deploy"
  deploy completions bash >"$bash_completion"
  deploy completions zsh >"$zsh_completion"
  deploy completions fish >"$fish_completion"
  # Pages of commands that are gone must not stay.
  rm -f "$man"/deploy.1 "$man"/deploy-*.1
  deploy man "$man"
  say "$(deploy --version) is installed: $prefix/bin/deploy"
  in_path || printf '  %s is not in PATH: %s\n' "$prefix/bin" "$add_to_path" >&2
  tell_shells
}

# What a shell needs besides its file: zsh a line in its settings, PowerShell too; bash needs the package bash-completion.
tell_shells() {
  case ${SHELL:-} in
    */zsh) printf "  completion in zsh: put fpath=(%s \$fpath) into ~/.zshrc, before compinit\n" "${zsh_completion%/*}" >&2 ;;
    */bash) printf '  completion in bash: new shells have it where bash-completion is installed; else source %s\n' "$bash_completion" >&2 ;;
  esac
  if command -v pwsh >/dev/null 2>&1; then
    printf "  completion in PowerShell: deploy completions powershell >> \$PROFILE\n" >&2
  fi
  printf '  to remove it again: ./install.sh --uninstall%s\n' "$given_prefix" >&2
}

uninstall_all() {
  rm -f "$prefix/bin/deploy" "$bash_completion" "$zsh_completion" "$fish_completion" "$man"/deploy.1 "$man"/deploy-*.1
  say "deploy is gone from $prefix" "Clusters and sandboxes keep what it made there."
}

in_path() { case :$PATH: in *":$prefix/bin:"*) ;; *) return 1 ;; esac; }

deploy() { "$prefix/bin/deploy" "$@"; }

# Shows a command, runs it, and insists on its exit code.
show() {
  local expected=$1 code=0
  shift
  printf '\n$ deploy %s\n' "$*" >&2
  deploy "$@" || code=$?
  if [ "$code" -ne "$expected" ]; then
    fail "the demo stopped: this command ended with exit code $code, where $expected was expected" \
      "deploy explain $code says what it means; ./install.sh --demo begins anew at any time"
  fi
}

run_demo() {
  local where broken what
  case ${context:-deploy-sandbox} in
    deploy-sandbox | deploy-sandbox-*)
      broken=sandbox/crash:exit-1-backoff-1s
      what="Its new pods crash: this image does so in the sandbox."
      ;;
    *)
      broken=docker.io/nginxinc/nginx-unprivileged:no-such-version
      what="The registry does not have this image."
      ;;
  esac

  if [ -z "$context" ]; then
    context=deploy-sandbox
    say "1/6  A Kubernetes to deploy to" \
      "A real control plane on this machine, with simulated nodes. The first start compiles it, which takes some minutes."
    show 0 sandbox up
  else
    say "1/6  A Kubernetes to deploy to" "The one of your context $context."
  fi
  # The context is always given: the project's own list may name a cluster that you have.
  where=(--env staging --context "$context")

  say "2/6  Deploy the example app" \
    "It is in $root/examples/shop: a web server, a worker, config, a secret and a database migration, which runs first." \
    "Done means ready, answering, still ready 5 s later, and the smoke test passed."
  cd "$root/examples/shop"
  open_chat
  show 0 app "${where[@]}"
  read_chat

  say "3/6  Change it" "A newer image for web. The plan comes first: it is what the server's dry run says will change."
  show 0 app "${where[@]}" --image web=1.27.4-alpine
  : >"$chat/told"

  say "4/6  Break it" "$what deploy says why, puts the last good release back, and ends with exit code 5."
  show 5 app "${where[@]}" --image "web=$broken"
  read_chat

  say "5/6  Go back further" "The broken release is undone already. This goes back to before the change."
  show 0 rollback "${where[@]}" --yes

  say "6/6  What happened" "Every release is recorded in the cluster, so all of this works without a checkout, too."
  show 0 history "${where[@]}"

  # The newest release that failed; its number depends on how often this ran.
  local history failed
  history=$(deploy history "${where[@]}")
  failed=$(sed -n '/failed/{s/^\([0-9]*\).*/\1/p;q;}' <<<"$history")

  say "That was it. Try next:"
  in_path || printf '  %s\n' "$add_to_path" >&2
  printf '  cd %s\n' "$root/examples/shop" >&2
  try "status ${where[*]}" "what runs, and whether it is well"
  try "show ${failed:-1} ${where[*]} --findings" "why release ${failed:-1} failed"
  try "plan ${where[*]} --set worker.replicas=3" "what a change would do; writes nothing"
  try "render --env staging --explain values.web.replicas" "where a value comes from"
  say "To clean up:"
  try "delete ${where[*]}" "remove the app"
  if [ "$context" = deploy-sandbox ]; then
    try "sandbox down" "stop the sandbox, with all that is in it"
  fi
}

# A chat on this machine: what the team would be told goes to a file.
open_chat() {
  chat=$(mktemp -d)
  # Not the function: its process is what has to be ended.
  "$prefix/bin/deploy" notify inbox --port 0 >>"$chat/told" 2>"$chat/said" </dev/null &
  inbox=$!
  trap close_chat EXIT
  local url='' tries=0
  while [ -z "$url" ] && [ "$tries" -lt 100 ] && kill -0 "$inbox" 2>/dev/null; do
    url=$(sed -n 's|.*\(http://[0-9.:]*\).*|\1|p' "$chat/said")
    tries=$((tries + 1))
    [ -n "$url" ] || sleep 0.1
  done
  [ -n "$url" ] || fail "the demo's chat does not start" "$(cat "$chat/said")"
  export SHOP_CHAT=$url/slack
}

close_chat() {
  kill "$inbox" 2>/dev/null || true
  rm -rf "$chat"
}

# Shows what the chat was told since the last time.
read_chat() {
  printf "\nMeanwhile, in the team's chat:\n" >&2
  sed 's/^/  | /' "$chat/told" >&2
  : >"$chat/told"
}

# A command for the reader, and what it is for.
try() { printf '  %-76s # %s\n' "deploy $1" "$2" >&2; }

if [ "$uninstall" = yes ]; then
  [ "$demo" = no ] || fail "--uninstall and --demo do not go together"
  uninstall_all
  exit 0
fi
need_rust
# Asked now, not after minutes of building.
if [ "$demo" = yes ] && [ -z "$context" ]; then
  need_go
fi
install_all
if [ "$demo" = yes ]; then
  run_demo
fi
