import type { Severity } from "@rootward/pipeline/model/evalfields";
import { type Random, randomOf } from "../shared/random.ts";
import { type Rate, rate } from "../shared/say.ts";
import { gateRun, scriptedCase, scriptedCases, type ScriptedCase } from "./scripted.ts";

/** Ways to decide on a suite. `average` is the threshold of most runners: one trial a case, red where fewer than 95 % pass. */
const rules = ["gate", "one trial each", "majority of 3", "average >= 95 %"] as const;
export type Rule = (typeof rules)[number];

/** What a rule said of one suite: whether it was red at all, and whether because of the case that is looked for. */
interface Said {
  readonly red: boolean;
  readonly caught: boolean;
  readonly trials: number;
}

/** A situation that is drawn many times. */
export interface Situation {
  readonly name: string;
  readonly cases: readonly ScriptedCase[];
  /** The case that is broken; null where none is, and red means a false alarm. */
  readonly broken: string | null;
}

/** One row of the table. */
export interface Row {
  readonly situation: string;
  readonly rule: Rule;
  /** Of a healthy suite: false alarms. Of one with a broken case: how often that case was the reason. */
  readonly share: Rate;
  /** Trials of one run, on average. */
  readonly trials: number;
}

/** 80 healthy P1 cases: 40 that never fail, 30 that fail once in 100 trials, 10 once in 20. Source: evals.md 2.3. */
export function healthyCases(): readonly ScriptedCase[] {
  return [
    ...scriptedCases(40, "always", "P1", 1),
    ...scriptedCases(30, "nearly", "P1", 0.99),
    ...scriptedCases(10, "mostly", "P1", 0.95),
  ];
}

function withBroken(name: string, severity: Severity, passRate: number): Situation {
  const broken = scriptedCase("EC-broken", severity, passRate);
  return { name, cases: [...healthyCases(), broken], broken: "EC-broken" };
}

/** The situations of the table, in order. */
export function situations(): readonly Situation[] {
  return [
    { name: "80 healthy P1: false alarm", cases: healthyCases(), broken: null },
    withBroken("+ a P0 that fails 30 %: caught", "P0", 0.7),
    withBroken("+ a P0 that fails 10 %: caught", "P0", 0.9),
    withBroken("+ a P1 that fails 40 %: caught", "P1", 0.6),
    withBroken("+ a P1 that fails 70 %: caught", "P1", 0.3),
    {
      name: "20 P0 that fail 1 %: false alarm",
      cases: scriptedCases(20, "p0", "P0", 0.99),
      broken: null,
    },
  ];
}

const deciding = {
  gate: async (cases, broken, random) => {
    const verdict = await gateRun(cases, random);
    const action = verdict.cases.find((result) => result.case === broken)?.action;
    return {
      red: verdict.exitCode !== 0,
      caught: action === "block" || action === "needs_override",
      trials: verdict.cases.reduce((sum, { trials }) => sum + trials.n, 0),
    };
  },
  "one trial each": async (cases, broken, random) => {
    const failing = cases.filter(({ passRate }) => !random.chance(passRate));
    return await said(failing, broken, cases.length);
  },
  "majority of 3": async (cases, broken, random) => {
    const failing = cases.filter(({ passRate }) => {
      const passes = [0, 1, 2].filter(() => random.chance(passRate)).length;
      return passes < 2;
    });
    return await said(failing, broken, cases.length * 3);
  },
  "average >= 95 %": async (cases, _, random) => {
    const passing = cases.filter(({ passRate }) => random.chance(passRate)).length;
    const red = passing / cases.length < 0.95;
    return await Promise.resolve({ red, caught: red, trials: cases.length });
  },
} as const satisfies Record<
  Rule,
  (cases: readonly ScriptedCase[], broken: string | null, random: Random) => Promise<Said>
>;

function said(failing: readonly ScriptedCase[], broken: string | null, trials: number) {
  const caught = failing.some(({ evalCase }) => evalCase.id === broken);
  return Promise.resolve({ red: failing.length > 0, caught, trials });
}

/**
 * Draws each situation so many times under each rule.
 *
 * @param runs  gate runs of each row
 * @returns a row for each situation and rule; the same for the same seed
 */
export async function montecarlo(
  runs: number,
  seed: number,
  chosen: readonly Situation[] = situations(),
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [at, { name, cases, broken }] of chosen.entries()) {
    for (const [stream, rule] of rules.entries()) {
      const random = randomOf(seed, at * rules.length + stream);
      let count = 0;
      let trials = 0;
      for (let run = 0; run < runs; run += 1) {
        const answer = await deciding[rule](cases, broken, random);
        if (broken === null ? answer.red : answer.caught) count += 1;
        trials += answer.trials;
      }
      rows.push({ situation: name, rule, share: rate(count, runs), trials: trials / runs });
    }
  }
  return rows;
}
