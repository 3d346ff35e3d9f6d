import type { Step } from "./steps.ts";
import type { AttributeMap } from "../model/span.ts";
import { textOf } from "./value.ts";

/** Where a flag's key and what it was evaluated to stand, newest convention first. Source: OpenTelemetry, feature flag semconv. */
const keyName = "feature_flag.key";
const valueNames = [
  "feature_flag.result.variant",
  "feature_flag.variant",
  "feature_flag.result.value",
  "feature_flag.result.value_string",
] as const;

function flagIn(attributes: AttributeMap): readonly [key: string, value: string] | null {
  const key = textOf(attributes.get(keyName));
  if (key === null) return null;
  for (const name of valueNames) {
    const value = textOf(attributes.get(name));
    if (value !== null) return [key, value];
  }
  return null;
}

/**
 * The feature flags that a run's spans say were evaluated in it, each with its last value: on a span, in its events, or in log records
 * beside it. Empty where nothing is said.
 */
export function flagsOf(steps: readonly Step[]): Readonly<Record<string, string>> {
  const flags: Record<string, string> = {};
  for (const { span, logs } of steps) {
    for (const { attributes } of [span, ...span.events, ...logs]) {
      const found = flagIn(attributes);
      if (found) flags[found[0]] = found[1];
    }
  }
  return flags;
}
