#!/usr/bin/env bash
# The gate compares the cases with those at the merge base: it needs history down to there, and the branch that a pull request goes to.
# What cannot be fetched is a warning: the gate itself then says that the store cannot be believed (exit 4).
set -euo pipefail

warn() {
  echo "::warning title=rootward::$1 could not be fetched; use actions/checkout with fetch-depth: 0"
}

if [ "$(git rev-parse --is-shallow-repository 2> /dev/null || echo no)" = true ]; then
  git fetch --quiet --no-tags --unshallow origin || warn "the history"
fi

base="${GITHUB_BASE_REF:-}"
if [ -n "$base" ] && ! git rev-parse --verify --quiet "refs/remotes/origin/$base" > /dev/null; then
  git fetch --quiet --no-tags origin "+refs/heads/$base:refs/remotes/origin/$base" || warn "the branch $base"
fi
