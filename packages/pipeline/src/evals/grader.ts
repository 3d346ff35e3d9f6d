import type { Validation } from "../model/activation.ts";
import { separates } from "./backtest.ts";
import type { Classified } from "./failureclass.ts";

/** Which grader a case gets, why, and what speaks against it. */
export interface GraderChoice {
  readonly grader: "assertion" | "judge";
  readonly reason: string;
  /** What a person who asked for it should know; null: nothing. */
  readonly warning: string | null;
}

interface GraderFacts {
  readonly validation: Validation;
  readonly classified: Classified;
  /** The kind of the cluster's own deviation. */
  readonly primary: string;
  /** What the person who adds the case wants; null: whatever fits. */
  readonly asked: "assertion" | "judge" | null;
}

/** Deviations that a plausible but wrong answer shows: code sees that something is off, not whether it is right. */
const plausible: ReadonlySet<string> = new Set([
  "num_unsupported",
  "ungrounded",
  "hedge",
  "low_confidence",
  "unexplained",
]);

/** Classes that code decides: a judge of them costs money and can be wrong. */
const deterministic: ReadonlySet<string> = new Set([
  "formatting",
  "downstream_validation",
  "complete_task_failure",
]);

/**
 * Code where it alone catches the cluster; else a judge where the answers are plausible but wrong. Source: evals.md 4.2.
 */
export function graderOf({ validation, classified, primary, asked }: GraderFacts): GraderChoice {
  const { caught, members, accepted, clean } = validation;
  const proven = separates(validation);
  const figures = `fails ${caught}/${members} members and passes ${accepted}/${clean} clean runs`;
  const wrong = classified.failureClass === "accuracy" || plausible.has(primary);
  const grader = asked ?? (!proven && wrong ? "judge" : "assertion");
  if (grader === "assertion") {
    const warning =
      wrong && !proven
        ? `code alone ${figures}: the answers are plausible but wrong, which a judge can tell (--grader judge)`
        : null;
    return { grader, warning, reason: proven ? `code ${figures}` : "code can check it" };
  }
  const code = deterministic.has(classified.failureClass)
    ? `${classified.failureClass} is checked by code`
    : proven
      ? `code alone ${figures}`
      : null;
  return {
    grader,
    warning:
      code === null
        ? null
        : `${code}: a judge costs money at every trial and can be wrong; --grader assertion needs none`,
    reason:
      asked === null
        ? "the answers are plausible but wrong, and no assertion separates them"
        : "asked for",
  };
}
