// Which change of a ledger made runs fail, over seeded ledgers with red herrings: npm run bench:changes [-- --ledgers 30 --seed 1 --scenario "true change" --json]
// The whole diagnosis, no server. Only the scoring reads what was simulated.
import { parseArgs } from "node:util";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { Change } from "@rootward/pipeline/model/change";
import { randomOf } from "./shared/random.ts";
import type { Random } from "./shared/random.ts";
import { primaryOf, scenarios, worldOf } from "./changes/world.ts";
import type { Scenario, World } from "./changes/world.ts";

const { values } = parseArgs({
  options: {
    ledgers: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} is "${text}"; a whole number from 0 is accepted`);
};
const ledgers = whole("ledgers", values.ledgers);
const seed = whole("seed", values.seed);

const asked = values.scenario;
if (asked !== undefined && !scenarios.some((name) => name === asked)) {
  throw new Error(`--scenario is "${asked}"; accepted: ${scenarios.join(", ")}`);
}

const drops = [0.05, 0.1, 0.15, 0.23] as const;
const traffic = [
  { runsEach: 500, perDay: 20 },
  { runsEach: 1_500, perDay: 60 },
] as const;
const before = 0.06;

/** What was answered of one ledger. */
interface Outcome {
  readonly scenario: Scenario;
  readonly drop: number;
  readonly runsEach: number;
  readonly hasTruth: boolean;
  /** The change that the first cause names, and what verdict it has. */
  readonly named: "right" | "wrong" | "none";
  readonly verdict: string;
  /** Whether the likeliest change of all causes is the right one, committed to or not. */
  readonly likeliest: boolean;
  readonly baselines: Readonly<Record<string, "right" | "wrong" | "none">>;
  readonly msPerRun: number;
}

function judge(world: World, change: Change | null | undefined): Outcome["named"] {
  if (!change) return "none";
  return world.truth(change) ? "right" : "wrong";
}

/** The trivial answers. Some are given the time at which it really began, which nobody knows; others the onset that is found. */
function baselinesOf(
  world: World,
  ledger: readonly Change[],
  foundMs: number | null,
  random: Random,
): Outcome["baselines"] {
  const until = world.onsetMs + 3_600_000;
  const found = foundMs === null ? undefined : ledger.findLast(({ atMs }) => atMs <= foundMs);
  const earlier = ledger.filter(({ atMs }) => atMs <= until);
  const kinds = new Map<string, number>();
  for (const { kind } of ledger) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const most = [...kinds].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const distance = ({ atMs }: Change): number => Math.abs(atMs - world.onsetMs);
  const ofMost = ledger.filter(({ kind }) => kind === most);
  return {
    "nearest before the true onset": judge(world, earlier.at(-1)),
    "nearest before the onset found": judge(world, found),
    "latest deploy": judge(
      world,
      ledger.findLast(({ kind }) => kind === "deploy"),
    ),
    "most frequent kind, nearest": judge(
      world,
      ofMost.toSorted((a, b) => distance(a) - distance(b))[0],
    ),
    random: ledger.length > 0 ? judge(world, random.pick(ledger)) : "none",
  };
}

function outcomeOf(
  world: World,
  diagnosis: Diagnosis,
  random: Random,
): Omit<Outcome, "drop" | "runsEach" | "msPerRun"> {
  const cluster = diagnosis.clusters.find(
    ({ workflow, signature }) =>
      workflow === "desk-a" && signature.primary === primaryOf[world.mode],
  );
  const causes = cluster?.attribution.causes ?? [];
  const [first] = causes;
  const ledger = diagnosis.changes.filter(
    ({ workflow }) => workflow === null || workflow === "desk-a",
  );
  const likeliest = causes.find(({ change, probability }) => change !== null && probability > 0);
  return {
    scenario: world.scenario,
    hasTruth: world.hasTruth,
    named: judge(world, first?.change),
    verdict: first?.verdict ?? "no cluster",
    likeliest: judge(world, likeliest?.change) === "right",
    baselines: baselinesOf(world, ledger, cluster?.attribution.onsetMs ?? null, random),
  };
}

function diagnose({ runs, told }: World): Diagnosis {
  const options = { baselineWindow: null, needsDays: true };
  return diagnoseRuns({ runs, told, texts: new Map(), options });
}

const outcomes: Outcome[] = [];
let stream = 0;
for (const scenario of scenarios) {
  if (asked !== undefined && scenario !== asked) continue;
  for (const drop of drops) {
    for (const { runsEach, perDay } of traffic) {
      for (let ledger = 0; ledger < ledgers; ledger += 1) {
        const random = randomOf(seed, (stream += 1));
        const world = worldOf(random, { scenario, runsEach, perDay, before, after: before + drop });
        const startMs = performance.now();
        const diagnosis = diagnose(world);
        const msPerRun = (performance.now() - startMs) / world.runs.length;
        outcomes.push({ ...outcomeOf(world, diagnosis, random), drop, runsEach, msPerRun });
      }
    }
  }
}

interface Rate {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

function rateOf(list: readonly Outcome[], holds: (outcome: Outcome) => boolean): Rate {
  const count = list.filter(holds).length;
  const [low, high] = wilson({ count, of: list.length });
  return { share: list.length > 0 ? count / list.length : 0, low, high, n: list.length };
}

const committed = ({ verdict, named }: Outcome): boolean =>
  verdict === "attributed" && named !== "none";

/** Everything that is reported of some ledgers that hold the true change. */
function withTruth(list: readonly Outcome[]) {
  const own = list.filter(({ hasTruth }) => hasTruth);
  return {
    top1: rateOf(own, ({ named }) => named === "right"),
    likeliest: rateOf(own, ({ likeliest }) => likeliest),
    commits: rateOf(own, committed),
    whenCommitted: rateOf(own.filter(committed), ({ named }) => named === "right"),
    named: rateOf(
      own.filter(({ named }) => named !== "none"),
      ({ named }) => named === "right",
    ),
  };
}

/** Of ledgers that do not: naming any change is wrong; one that is confounded or left open commits to none. */
function withoutTruth(list: readonly Outcome[]) {
  const own = list.filter(({ hasTruth }) => !hasTruth);
  return {
    abstains: rateOf(own, ({ named, verdict }) => named === "none" || verdict === "confounded"),
    falselyAttributed: rateOf(own, committed),
  };
}

const groups = {
  all: outcomes,
  ...Object.fromEntries(
    scenarios.map((name) => [name, outcomes.filter(({ scenario }) => scenario === name)]),
  ),
  ...Object.fromEntries(
    drops.map((drop) => [
      `drop of ${Math.round(drop * 100)} points`,
      outcomes.filter((one) => one.drop === drop),
    ]),
  ),
  ...Object.fromEntries(
    traffic.map(({ runsEach }) => [
      `${runsEach} runs each`,
      outcomes.filter((one) => one.runsEach === runsEach),
    ]),
  ),
};

const report = Object.entries(groups).map(([name, list]) => ({
  name,
  withTruth: withTruth(list),
  withoutTruth: withoutTruth(list),
  baselines: Object.fromEntries(
    Object.keys(list[0]?.baselines ?? {}).map((baseline) => [
      baseline,
      rateOf(
        list.filter(({ hasTruth }) => hasTruth),
        ({ baselines }) => baselines[baseline] === "right",
      ),
    ]),
  ),
  baselinesFalse: Object.fromEntries(
    Object.keys(list[0]?.baselines ?? {}).map((baseline) => [
      baseline,
      rateOf(
        list.filter(({ hasTruth }) => !hasTruth),
        ({ baselines }) => baselines[baseline] === "wrong",
      ),
    ]),
  ),
}));
/** A whole diagnosis of 20,000 runs, ms a run: the least of three, for what else the machine does is no part of it. */
function costOf(): number {
  const options = { runsEach: 5_000, perDay: 200, before, after: 0.2 };
  const world = worldOf(randomOf(seed, 0), { scenario: "true change", ...options });
  const times = [0, 1, 2].map(() => {
    const startMs = performance.now();
    diagnose(world);
    return (performance.now() - startMs) / world.runs.length;
  });
  return Math.min(...times);
}
const sorted = outcomes.map(({ msPerRun }) => msPerRun).toSorted((a, b) => a - b);
const cost = {
  ledgers: outcomes.length,
  medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
  largeMs: costOf(),
};

function tell({ share, low, high, n }: Rate): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  return n === 0 ? "-" : `${percent(share)} % [${percent(low)}, ${percent(high)}] n=${n}`;
}

if (values.json) console.log(JSON.stringify({ seed, ledgers, report, cost }, null, 2));
else {
  for (const { name, withTruth: own, withoutTruth: none, baselines, baselinesFalse } of report) {
    console.log(name);
    const row = (label: string, rate: Rate): void => {
      if (rate.n > 0) console.log(`  ${label.padEnd(44)} ${tell(rate)}`);
    };
    row("top-1, abstaining counts as wrong", own.top1);
    row("likeliest change, committed to or not", own.likeliest);
    row("commits (attributed)", own.commits);
    row("top-1 when it commits", own.whenCommitted);
    row("top-1 when it names a change", own.named);
    row("nothing in the ledger: names none", none.abstains);
    row("nothing in the ledger: falsely attributed", none.falselyAttributed);
    if (name !== "all") continue;
    for (const [baseline, rate] of Object.entries(baselines))
      row(`baseline top-1: ${baseline}`, rate);
    for (const [baseline, rate] of Object.entries(baselinesFalse))
      row(`baseline false: ${baseline}`, rate);
  }
  console.log(
    `cost of the whole diagnosis: ${cost.medianMs.toFixed(4)} ms a run (median of ${cost.ledgers} ledgers of four workflows), ${cost.largeMs.toFixed(4)} at four workflows of 5,000 runs`,
  );
}
