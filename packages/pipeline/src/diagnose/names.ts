import type { DeviationKind } from "../model/deviation.ts";

/**
 * What the signals taxonomy calls our deviations, where it has a name for them: so that what we find can stand beside what other tools
 * found. By kind, or by `error:<class>`. What is not here has no name there.
 *
 * @source diagnosis.md A1.1: the taxonomy of katanemo/plano, its names only
 */
const dotted = {
  loop: "signals.execution.loops.parameter_drift",
  repeated: "signals.execution.loops.retry",
  args_mismatch: "signals.execution.failure.invalid_args",
  args_ungrounded: "signals.execution.failure.invalid_args",
  context_cut: "signals.environment.exhaustion.context_overflow",
  "error:rate": "signals.environment.exhaustion.rate_limit",
  "error:timeout": "signals.environment.exhaustion.timeout",
  "error:network": "signals.environment.exhaustion.network",
  "error:parse": "signals.environment.exhaustion.malformed_response",
  "error:auth": "signals.execution.failure.auth_misuse",
  "error:state": "signals.execution.failure.state_error",
  "error:type": "signals.execution.failure.invalid_args",
  "error:key": "signals.execution.failure.invalid_args",
  "error:syntax": "signals.execution.failure.bad_query",
  "error:notfound": "signals.execution.failure.bad_query",
  "error:other": "signals.environment.exhaustion.api_error",
} as const satisfies Partial<Record<DeviationKind | `error:${string}`, string>>;

/** The dotted name of a deviation by its name in signatures; null where the taxonomy has none. */
export function dottedName(name: string): string | null {
  const [kind = ""] = name.split(":");
  const found = Object.entries(dotted).find(([key]) => key === name || key === kind);
  return found ? found[1] : null;
}
