import type { EvalCase } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { Skipped } from "../model/gate-run.ts";
import type { Changes } from "./changes.ts";

interface Selecting {
  /** What may have changed of the agent that a case is tried on. */
  readonly changesFor: (evalCase: EvalCase) => Changes;
  /** Whether the case itself, its recordings or what grades it changed since the merge base, or that is not known. */
  readonly isTouched: (evalCase: EvalCase) => boolean;
  /** Only these severities; null for all. */
  readonly severities: readonly Severity[] | null;
}

interface Selection<T> {
  readonly chosen: readonly T[];
  readonly skipped: readonly Skipped[];
}

/**
 * Which active cases run: every P0, whatever changed; others if something on which they run (`run_on`) may have changed, or if they
 * changed themselves. What is left out is told with its reason; drafts and retired cases are not part of it.
 *
 * @source evals.md 3.4, 4.6
 */
export function select<T extends { readonly evalCase: EvalCase }>(
  cases: readonly T[],
  selecting: Selecting,
): Selection<T> {
  const reasons = cases.map((entry) => [entry, skipReason(entry.evalCase, selecting)] as const);
  return {
    chosen: reasons.flatMap(([entry, why]) => (why === null ? [entry] : [])),
    skipped: reasons.flatMap(([{ evalCase }, why]) =>
      why === null || evalCase.status !== "active"
        ? []
        : [{ case: evalCase.id, severity: evalCase.severity, why }],
    ),
  };
}

function skipReason(
  evalCase: EvalCase,
  { changesFor, isTouched, severities }: Selecting,
): string | null {
  const { severity, run_on } = evalCase;
  if (severities !== null && !severities.includes(severity)) {
    return `it is a ${severity}, asked for are ${severities.join(", ")}`;
  }
  if (severity === "P0" || isTouched(evalCase)) return null;
  const changes = changesFor(evalCase);
  if (run_on.some((type) => changes.has(type))) return null;
  const on = run_on.length === 0 ? "nothing" : run_on.join(", ");
  const changed =
    changes.size === 0 ? "nothing changed" : `${[...changes.keys()].join(", ")} changed`;
  return `it runs on ${on}; ${changed}`;
}
