#!/usr/bin/env bash
# Runs the gate and tells its verdict as outputs, also where it is red. Ends as the gate ends.
set -uo pipefail

folder="${RUNNER_TEMP:-/tmp}/rootward-gate"
rm -rf "$folder"
mkdir -p "$folder"
json="$folder/gate.json"
junit="$folder/gate.xml"

args=(gate --dir "${DIR:-evals}" --json "$json" --junit "$junit")
[ -n "${BASE:-}" ] && args+=(--base "$BASE")
[ -n "${CONFIG:-}" ] && args+=(--config "$CONFIG")
[ -n "${BUDGET_USD:-}" ] && args+=(--budget-usd "$BUDGET_USD")
[ -n "${REPORT:-}" ] && args+=(--report "$REPORT")
[ "${ADVISORY:-}" = true ] && args+=(--advisory)
[ "${COMMENT:-}" = true ] && args+=(--comment)
[ "${CHECK:-}" = true ] && args+=(--check)
read -r -a more <<< "${ARGS:-}"
args+=(${more[@]+"${more[@]}"})

"$BIN" "${args[@]}"
code=$?

outcome="$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).outcome' "$json" 2> /dev/null || echo error)"
{
  echo "exit-code=$code"
  echo "outcome=$outcome"
  echo "json=$json"
  echo "junit=$junit"
  echo "folder=$folder"
} >> "$GITHUB_OUTPUT"
exit "$code"
