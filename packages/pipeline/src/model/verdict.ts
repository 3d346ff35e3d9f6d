import { z } from "zod";
import { day, severities } from "./evalfields.ts";
import { gateExitCodes } from "./exit-codes.ts";
import type { GateOutcome } from "./exit-codes.ts";
import { caseHistory, gateRun } from "./gate-run.ts";

const Grade = z
  .object({ kind: z.enum(["pass", "fail", "error"]), assertion: z.string(), why: z.string() })
  .readonly();
/** One grader's result. A grader that errs has not passed. */
export type Grade = z.infer<typeof Grade>;

const outcomes = ["pass", "fail", "undecided"] as const;
export type TrialOutcome = (typeof outcomes)[number];

export interface Trial {
  readonly index: number;
  readonly outcome: TrialOutcome;
  readonly grades: readonly Grade[];
  readonly why: string;
  /** Calls answered with a recording whose arguments differed. */
  readonly drift: number;
  readonly durationMs: number;
  /** What it cost, as the candidate says; left out where it does not say. */
  readonly usd?: number | undefined;
  /** The agents whose steps its run held. */
  readonly agents?: readonly string[] | undefined;
  /** What the candidate was made of, as its spans say (`RunDigest.versions`). Not part of a verdict. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/** Of an assertion in its case file; null where it stands in none, as what a judge says. */
const line = z.int().positive().nullable();

const TrialResult = z
  .object({
    index: z.int().nonnegative(),
    outcome: z.enum(outcomes),
    /** Every grade, passed ones too, each with its sentence. */
    grades: z.array(Grade.unwrap().extend({ line }).readonly()).readonly(),
    why: z.string(),
    drift: z.int().nonnegative(),
    durationMs: z.number().nonnegative(),
    usd: z.number().nonnegative().optional(),
    agents: z.array(z.string()).readonly().optional(),
  })
  .readonly() satisfies z.ZodType<Trial>;

const actions = ["ok", "block", "needs_override", "overridden", "undecided", "logged"] as const;
/** What follows for the gate from one case. */
export type CaseAction = (typeof actions)[number];

const CaseResult = z
  .object({
    case: z.string().min(1),
    /** From the folder in which the gate ran. */
    file: z.string(),
    severity: z.enum(severities),
    title: z.string(),
    cluster: z.string().nullable(),
    verdict: z.enum(outcomes),
    action: z.enum(actions),
    trials: z
      .object({
        n: z.int().nonnegative(),
        pass: z.int().nonnegative(),
        fail: z.int().nonnegative(),
        undecided: z.int().nonnegative(),
      })
      .readonly(),
    /** The trials behind the counts, in the order in which they ran. */
    trialResults: z.array(TrialResult).readonly(),
    /** Ids or types of the failing assertions, with their lines in the case file. */
    failed: z.array(z.object({ assertion: z.string(), line }).readonly()).readonly(),
    why: z.string(),
    drift: z.int().nonnegative(),
    /** Of all its trials together, in milliseconds. */
    ms: z.number().nonnegative(),
    /** 95 % upper bound of the failure rate of a case that passed, failures that a rate forgives counted; null where it did not pass. */
    upperFailureRate: z.number().min(0).max(1).nullable(),
    /** pass^k: the chance that k trials, drawn from those that ran, all hold. Of a rate; null otherwise, and where fewer than k ran. */
    heldInARow: z
      .object({ k: z.int().positive(), chance: z.number().min(0).max(1) })
      .readonly()
      .nullable(),
    /** Why a pass proves less than it seems to, as sentences; empty where the case was shown to catch what it is about. */
    unproven: z.array(z.string()).readonly(),
    override: z.string().nullable(),
    /** Of the candidate that was tried; null where it cannot be told. Source: `identityOf`. */
    identity: z.string().nullable(),
    ...caseHistory,
  })
  .readonly();
/** One case of a verdict. */
export type CaseResult = z.infer<typeof CaseResult>;

const gateOutcomes = [
  "pass",
  "blocked",
  "override_needed",
  "undecided",
  "invalid",
] as const satisfies readonly GateOutcome[];

/** The decision on all grades, and why: `gate-result/v1`. Keys that a later version adds are no error. */
export const GateVerdict = z
  .object({
    schema: z.literal("gate-result/v1"),
    outcome: z.enum(gateOutcomes),
    exitCode: z.int().min(0).max(4),
    today: day,
    cases: z.array(CaseResult).readonly(),
    /** What makes the store of cases invalid, each naming the file. */
    problems: z.array(z.string()).readonly(),
    staleOverrides: z.array(z.string()).readonly(),
    ...gateRun,
    sentence: z.string(),
  })
  .readonly()
  .refine(({ outcome, exitCode }) => gateExitCodes[outcome] === exitCode, {
    path: ["exitCode"],
    message: "is not the exit code of the outcome",
  });
export type GateVerdict = z.infer<typeof GateVerdict>;
