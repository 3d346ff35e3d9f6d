import type { Severity } from "@rootward/pipeline/model/evalfields";
import { type Random, randomOf } from "../shared/random.ts";
import { type Rate, rate } from "../shared/say.ts";
import { gateRun, scriptedCase, type ScriptedCase } from "./scripted.ts";

/** What a team lives through, in days and shares. Ours, except what is said. */
const team = {
  days: 60,
  /** Clusters that are diagnosed on a day, each guarded by a case from the next day on. */
  clustersADay: 1.2,
  /** Of them, as the failure classes fall in the simulator's traffic. */
  severities: [
    [0.25, "P0"],
    [0.6, "P1"],
    [0.15, "P2"],
  ],
  /** How often a repaired agent still fails a case by chance, in one trial. A P0 is code that holds or does not. */
  noise: [
    [0.5, 0],
    [0.375, 0.01],
    [0.125, 0.05],
  ],
  /** Changes that want to be merged on a day, each through the gate. */
  changesADay: 3,
  /** Of them, those that bring an old failure back. */
  regressing: 0.15,
  /** In how many trials it shows then: wholly, mostly, or in a third. */
  strength: [
    [0.6, 1],
    [0.25, 0.7],
    [0.15, 0.3],
  ],
} as const;

/** One change that went to the gate. */
interface Change {
  readonly day: number;
  /** The case whose failure it brings back, and in which share of trials; null where it is harmless. */
  readonly back: {
    readonly id: string;
    readonly severity: Severity;
    readonly share: number;
  } | null;
  /** What was said of it: red, by which rule. */
  readonly gate: boolean;
  readonly average: boolean;
  readonly single: boolean;
}

/** The days of a team, one row each. */
export interface TeamDay {
  readonly day: number;
  readonly cases: number;
  readonly changes: readonly Change[];
}

/** How often one of so many rare things happens on a day. Source: Knuth, The Art of Computer Programming 2, 3.4.1: Poisson. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}

/** A cluster of the day, diagnosed, repaired, and guarded by a case. */
function newCase(at: number, random: Random): ScriptedCase {
  const severity = random.weighted<Severity>(team.severities);
  const noise = severity === "P0" ? 0 : random.weighted<number>(team.noise);
  return scriptedCase(`EC-${at}`, severity, 1 - noise);
}

async function tryChange(
  day: number,
  cases: readonly ScriptedCase[],
  random: Random,
): Promise<Change> {
  const hit = cases.length > 0 && random.chance(team.regressing) ? random.pick(cases) : null;
  const share = random.weighted<number>(team.strength);
  const tried = cases.map((each) =>
    each === hit ? { ...each, passRate: each.passRate * (1 - share) } : each,
  );
  const verdict = await gateRun(tried, random);
  const passes = tried.filter(({ passRate }) => random.chance(passRate)).length;
  const back = hit && { id: hit.evalCase.id, severity: hit.evalCase.severity, share };
  return {
    day,
    back,
    gate: verdict.exitCode !== 0,
    average: passes / tried.length < 0.95,
    single: passes < tried.length,
  };
}

/**
 * Sixty days of a team: clusters are diagnosed, repaired and guarded one after the other, changes go through the gate, and some bring a
 * repaired failure back. What the gate blocks is repaired before it is merged, so that each day begins healthy.
 *
 * @returns the days in order; the same for the same seed
 */
export async function teamDays(seed: number): Promise<readonly TeamDay[]> {
  const random = randomOf(seed, 60);
  const cases: ScriptedCase[] = [scriptedCase("EC-0", "P0", 1)];
  const days: TeamDay[] = [];
  for (let day = 1; day <= team.days; day += 1) {
    const changes: Change[] = [];
    for (let change = 0; change < team.changesADay; change += 1) {
      changes.push(await tryChange(day, cases, random));
    }
    days.push({ day, cases: cases.length, changes });
    const found = poisson(team.clustersADay, random);
    for (let each = 0; each < found; each += 1) cases.push(newCase(cases.length, random));
  }
  return days;
}

/** A rule's row: of the changes that brought a failure back, how many were stopped; of the harmless ones, how many were. */
export interface TeamRow {
  readonly rule: string;
  readonly stopped: Rate;
  readonly stoppedP0: Rate;
  readonly stoppedP1: Rate;
  /** A P2 is logged, never stopped. */
  readonly stoppedP2: Rate;
  readonly falseAlarms: Rate;
}

const said = {
  "rootward gate": ({ gate }: Change) => gate,
  "one trial each, none may fail": ({ single }: Change) => single,
  "average >= 95 %": ({ average }: Change) => average,
  "no gate": () => false,
} as const;

/** What each rule did in these days. */
export function teamRows(days: readonly TeamDay[]): readonly TeamRow[] {
  const changes = days.flatMap((day) => day.changes);
  const harmless = changes.filter(({ back }) => back === null);
  return Object.entries(said).map(([rule, red]) => {
    const share = (of: readonly Change[]): Rate => rate(of.filter(red).length, of.length);
    const back = (...severities: readonly Severity[]) =>
      changes.filter((change) => change.back !== null && severities.includes(change.back.severity));
    return {
      rule,
      stopped: share(back("P0", "P1")),
      stoppedP0: share(back("P0")),
      stoppedP1: share(back("P1")),
      stoppedP2: share(back("P2")),
      falseAlarms: share(harmless),
    };
  });
}
