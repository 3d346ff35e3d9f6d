import type { Checker } from "../model/checker.ts";
import type { ReplayedCall } from "../model/candidate-answer.ts";
import type { EvalCase } from "../model/evalcase.ts";
import { policy } from "../model/policy.ts";
import type { Grade, Trial, TrialOutcome } from "../model/verdict.ts";
import { noSettings } from "../model/workflow.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { grade } from "./grade.ts";
import { listed } from "./judged.ts";
import type { Subject } from "./subject.ts";
import { outcomeOf } from "./trials.ts";

/** What measuring needs and the gate cannot learn, from the case file. */
export function settingsOf({ recognize, compliance_workflow }: EvalCase): WorkflowSettings {
  const citation = recognize?.citation;
  return {
    ...noSettings,
    retrievers: recognize?.retrievers ?? [],
    fallbackTools: recognize?.fallback_tools ?? [],
    finalTools: recognize?.final_tools ?? [],
    citation: citation
      ? { pattern: citation.pattern ?? null, pointer: citation.pointer ?? null }
      : null,
    retrieves: (recognize?.retrievers ?? []).length > 0 ? true : null,
    compliance: compliance_workflow,
  };
}

/** A trial that came to nothing, for a stated reason: never passed, never failed. */
export function undecidedTrial(index: number, why: string, durationMs = 0): Trial {
  return { index, outcome: "undecided", grades: [], why, drift: 0, durationMs };
}

/** What the replay alone says of a trial: a call without recording, or too many that only resemble theirs. Null: go on to the grades. */
function replayVerdict(
  { environment }: EvalCase,
  replayed: readonly ReplayedCall[],
): { outcome: TrialOutcome; why: string } | null {
  const missed = replayed.filter(({ match }) => match === "miss");
  if (missed.length > 0) {
    const why = `no recording for ${listed(
      missed.map(({ tool, args }) => `${tool}(${JSON.stringify(args)})`),
      2,
    )}`;
    return { outcome: environment?.on_miss === "fail" ? "fail" : "undecided", why };
  }
  const drifted = replayed.filter(({ match }) => match === "sequence").length;
  // The only call may differ: where the arguments were what was wrong, the repaired agent's always does, and no share can be told of one.
  if (replayed.length > 1 && drifted / replayed.length > policy("replayDriftMax")) {
    return {
      outcome: "undecided",
      why: `${drifted} of ${replayed.length} tool calls differ from their recordings`,
    };
  }
  return null;
}

/** What a trial cost, which agents acted in it and what the candidate was made of, as far as they are told. */
function toldOf({ answer, digest }: Subject): Pick<Trial, "usd" | "agents" | "versions"> {
  const usd = answer?.usage?.usd;
  const isCost = usd !== undefined && Number.isFinite(usd) && usd >= 0;
  const agents = [...new Set(digest.steps.flatMap(({ agent }) => agent ?? []))];
  return { ...(isCost && { usd }), agents, versions: digest.versions };
}

export interface TrialInput {
  readonly evalCase: EvalCase;
  readonly index: number;
  readonly subject: Subject;
  readonly replayed: readonly ReplayedCall[];
  readonly caseFile: string;
  /** Asks the case's judge; null: it has none. */
  readonly byJudge: (() => Promise<Grade>) | null;
}

/** Grades one trial: the replay first, then every assertion, then the judge. */
export async function gradeTrial(
  { evalCase, index, subject, replayed, caseFile, byJudge }: TrialInput,
  checker: Checker,
): Promise<Trial> {
  const drift = replayed.filter(({ match }) => match === "sequence").length;
  const told = toldOf(subject);
  const early = replayVerdict(evalCase, replayed);
  if (early)
    return {
      ...undecidedTrial(index, early.why, subject.durationMs),
      outcome: early.outcome,
      drift,
      ...told,
    };
  const grades = await grade(evalCase, subject, checker, caseFile, byJudge);
  return { index, grades, drift, durationMs: subject.durationMs, ...told, ...outcomeOf(grades) };
}
