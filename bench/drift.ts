// false alarms and power of the drift detector, simulated over quarters
import { driftsOf } from "@rootward/pipeline/diagnose/drift";
import { flowsOf, referenceOf } from "@rootward/pipeline/diagnose/flows";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { buildDigest, goodSignals, measured } from "@rootward/pipeline/testing/build-digest";

/** Numbers in [0, 1) from a seed, the same on every machine. Source: Steele and Vigna, splitmix32. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

const dayMs = 86_400_000;
const template = buildDigest(0);

function quarter(
  random: () => number,
  given: {
    readonly perDay: number;
    readonly before: number;
    readonly after: number;
    readonly onset: number;
  },
): readonly RunDigest[] {
  const days = Math.max(7, 200 / given.perDay);
  const baseline = Math.ceil(days * given.perDay) + 1;
  const total = baseline + Math.round(91 * given.perDay);
  return Array.from({ length: total }, (_, index) => {
    const rate = index < baseline + given.onset ? given.before : given.after;
    const grounded = random() < rate ? 1 : 0;
    return {
      ...template,
      id: (index + 1).toString(16).padStart(32, "0") as RunDigest["id"],
      startedMs: (index / given.perDay) * dayMs,
      signals: { ...goodSignals, grounded: measured(grounded) },
    };
  });
}

function firstDrift(runs: readonly RunDigest[]): { seen: number; onset: number } | undefined {
  const [flow] = flowsOf(runs);
  if (!flow) return undefined;
  const reference = referenceOf(flow, { baselineWindow: null, needsDays: true });
  const drift = driftsOf(flow, reference).find(({ signal }) => signal === "grounded");
  if (!drift) return undefined;
  const at = (ms: number): number => flow.runs.findIndex((run) => run.startedMs >= ms);
  return {
    seen: at(drift.seenMs) - reference.runs.length + 1,
    onset: at(drift.onsetMs) - reference.runs.length,
  };
}

function percent(count: number, of: number): string {
  const [low, high] = wilson({ count, of });
  return `${((100 * count) / of).toFixed(2)} % [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}] n=${of}`;
}

const quarters = Number(process.argv[2] ?? 1000);
console.log(
  "False alarms a quarter (one stream, nothing changed; stated: 0.5 %; a rule `5 points below` would give 10 to 80 %)",
);
for (const perDay of [7, 30, 120]) {
  for (const rate of [0.99, 0.94, 0.85]) {
    const random = numbers(perDay * 1000 + rate * 100);
    let alarms = 0;
    for (let index = 0; index < quarters; index++) {
      if (firstDrift(quarter(random, { perDay, before: rate, after: rate, onset: 0 }))) alarms += 1;
    }
    console.log(
      `  ${String(perDay).padStart(4)} runs a day at ${rate}: ${percent(alarms, quarters)}`,
    );
  }
}
console.log(
  "Seen within 50, 100, 200 runs of an onset in mid-window, and how far the onset is placed from it (median, runs)",
);
for (const [before, after] of [
  [0.94, 0.71],
  [0.94, 0.84],
  [0.98, 0.9],
] as const) {
  const random = numbers(before * 1000 + after * 10);
  const found: { delay: number; error: number }[] = [];
  const tries = Math.min(quarters, 300);
  for (let index = 0; index < tries; index++) {
    const onset = 25 + Math.floor(random() * 50);
    const drift = firstDrift(quarter(random, { perDay: 30, before, after, onset }));
    if (drift && drift.onset >= onset - 60)
      found.push({ delay: drift.seen - onset, error: Math.abs(drift.onset - onset) });
  }
  const within = (runs: number): string =>
    percent(found.filter(({ delay }) => delay <= runs).length, tries);
  const errors = found.map(({ error }) => error).toSorted((a, b) => a - b);
  console.log(
    `  ${before} → ${after}: 50: ${within(50)}  100: ${within(100)}  200: ${within(200)}  onset ±${errors[Math.floor(errors.length / 2)]}`,
  );
}
