import type { Movement } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import type { SignalName } from "../model/signal.ts";
import { compareText } from "./flows.ts";
import { mixShift } from "./mix-shift.ts";
import type { Bag } from "./mix-shift.ts";
import { inOneGo } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { fisherGreater, levelOf, valuesFell } from "./stats.ts";
import { summarize } from "./summary.ts";

function bagOf(keys: readonly string[]): Bag {
  const bag = new Map<string, number>();
  for (const key of keys) bag.set(key, (bag.get(key) ?? 0) + 1);
  return bag;
}

/** What movements ask of the steps of a run. */
export interface Outline {
  readonly steps: number;
  /** Null where no step counted any. */
  readonly tokens: number | null;
  /** In their order. */
  readonly tools: readonly string[];
  readonly finishes: readonly string[];
}

export function outlineOf(run: RunDigest): Outline {
  return {
    steps: run.steps.length,
    tokens: tokensOf(run),
    tools: run.steps.flatMap(({ kind, tool }) =>
      (kind === "tool" || kind === "retrieval") && tool !== null ? [tool] : [],
    ),
    finishes: run.steps.flatMap(({ finish }) => (finish === null ? [] : [finish])),
  };
}

/** Tools of a run, and pairs of them in their order. */
function toolsOf({ tools }: Outline): readonly string[] {
  return [...tools, ...tools.slice(1).map((tool, index) => `${tools[index] ?? ""} → ${tool}`)];
}

function modelsOf({ versions }: RunDigest): readonly string[] {
  return Object.entries(versions).flatMap(([key, value]) =>
    key.startsWith("model_answered:") ? [value] : [],
  );
}

function tokensOf({ steps }: RunDigest): number | null {
  const counts = steps.flatMap(({ tokensIn, tokensOut }) =>
    tokensIn === null && tokensOut === null ? [] : [(tokensIn ?? 0) + (tokensOut ?? 0)],
  );
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : null;
}

const mixes = [
  ["tool_mix", toolsOf],
  ["finish_reasons", ({ finishes }: Outline): readonly string[] => finishes],
  ["model_mix", (_: Outline, run: RunDigest): readonly string[] => modelsOf(run)],
] as const;

const sizes = [
  ["steps", ({ steps }: Outline): number | null => steps],
  ["tokens", ({ tokens }: Outline): number | null => tokens],
] as const;

/** A run with what movements ask of its steps. */
interface Outlined {
  readonly run: RunDigest;
  readonly outline: Outline;
}

/** Two groups of runs that are compared. */
interface Groups {
  readonly old: readonly Outlined[];
  readonly fresh: readonly Outlined[];
  readonly n: { readonly before: number; readonly after: number };
}

/**
 * What else moved between two groups of runs: evidence for causes, shown, and no alarm. Mixes of tools, finish reasons and models by
 * their divergence; steps and tokens by their values; readings that are absent more or less often, which says that the
 * instrumentation changed and not the agent. At most the latest `policy.movementRunsMost` of each group are looked at.
 *
 * @returns the movements in a fixed order; none where either group holds fewer than `policy.movementRuns` runs
 * @source diagnosis.md A3.3.4, decision 3
 */
export function movementsOf(
  before: readonly RunDigest[],
  after: readonly RunDigest[],
): readonly Movement[] {
  return inOneGo(movementsInSlices(before, after, outlineOf));
}

/** `movementsOf`, slice by slice. `outlined`: what is known of a run's steps. */
export function* movementsInSlices(
  before: readonly RunDigest[],
  after: readonly RunDigest[],
  outlined: (run: RunDigest) => Outline,
): Slices<readonly Movement[]> {
  // Movements are looked for in a bounded part of a long list.
  const latest = (runs: readonly RunDigest[]): readonly Outlined[] =>
    runs.slice(-policy("movementRunsMost")).map((run) => ({ run, outline: outlined(run) }));
  const [old, fresh] = [latest(before), latest(after)];
  if (old.length < policy("movementRuns") || fresh.length < policy("movementRuns")) return [];
  const groups: Groups = { old, fresh, n: { before: old.length, after: fresh.length } };
  const found: Movement[] = [];
  for (const mix of mixes) {
    yield "causes";
    found.push(...mixMoved(mix, groups));
  }
  for (const size of sizes) {
    yield "causes";
    found.push(...sizeMoved(size, groups));
  }
  yield "causes";
  found.push(...signalNames.flatMap((signal) => absentMoved(signal, groups)));
  return found.toSorted((a, b) => compareText(a.what, b.what) || compareText(a.key, b.key));
}

function mixMoved(
  [what, keysOf]: (typeof mixes)[number],
  { old, fresh, n }: Groups,
): readonly Movement[] {
  const bags = (runs: readonly Outlined[]) =>
    runs.map(({ run, outline }) => bagOf(keysOf(outline, run)));
  const shift = mixShift(bags(old), bags(fresh));
  if (!shift) return [];
  const { p, size, key, from, to } = shift;
  return [{ what, p, size, key, from, to, ...n }];
}

function absentMoved(signal: SignalName, { old, fresh, n }: Groups): readonly Movement[] {
  const runsOf = (runs: readonly Outlined[]) => runs.map(({ run }) => run);
  const [a, b] = [summarize(signal, runsOf(old)), summarize(signal, runsOf(fresh))];
  const [less, more] = [
    { count: a.absent, of: a.runs },
    { count: b.absent, of: b.runs },
  ];
  const p = Math.min(1, 2 * Math.min(fisherGreater(more, less), fisherGreater(less, more)));
  const [from, to] = [a.absent / a.runs, b.absent / b.runs];
  const size = Math.abs(to - from);
  return p <= policy("movementMostChance") && size >= policy("absentMinMove")
    ? [{ what: "absent", p, size, key: signal, from, to, ...n }]
    : [];
}

function sizeMoved(
  [what, sizeOf]: (typeof sizes)[number],
  { old: before, fresh: after, n }: Groups,
): readonly Movement[] {
  const values = (runs: readonly Outlined[]) =>
    runs.flatMap(({ outline }) => sizeOf(outline) ?? []);
  const [old, fresh] = [values(before), values(after)];
  if (old.length < policy("movementRuns") || fresh.length < policy("movementRuns")) return [];
  const [fell, rose] = [valuesFell(old, fresh), valuesFell(fresh, old)];
  const p = Math.min(1, 2 * Math.min(fell.p, rose.p));
  const size = Math.abs(fell.delta);
  return p <= policy("movementMostChance") && size >= policy("valuesMinDelta")
    ? [{ what, p, size, key: what, from: levelOf(old).mean, to: levelOf(fresh).mean, ...n }]
    : [];
}
