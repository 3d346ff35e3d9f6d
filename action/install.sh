#!/usr/bin/env bash
# Finds rootward, or installs the version that is asked for, apart from the repository. Says where it is: output `bin`.
set -euo pipefail

refuse() {
  echo "::error title=rootward::$1"
  exit 64
}

if [ -n "${VERSION:-}" ]; then
  [[ "$VERSION" =~ ^[0-9A-Za-z.^~+-]+$ ]] || refuse "version is \"$VERSION\"; expected a version such as 0.1.0"
  folder="${RUNNER_TEMP:-/tmp}/rootward-cli"
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-save --no-audit --no-fund --omit=dev "rootward@$VERSION"
  bin="$folder/node_modules/.bin/rootward"
else
  above="$PWD"
  while [ ! -x "$above/node_modules/.bin/rootward" ] && [ "$above" != / ]; do above="$(dirname "$above")"; done
  bin="$above/node_modules/.bin/rootward"
  [ -x "$bin" ] || refuse "rootward is not in node_modules: run npm ci before, or name a version (with: {version: …})"
fi

echo "rootward $("$bin" --version)"
echo "bin=$bin" >> "$GITHUB_OUTPUT"
