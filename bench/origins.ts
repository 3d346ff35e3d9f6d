// Origins of injected faults on generated workflows, one fault at a time, by noise and kind of fault: npm run bench:origins [-- --quick --json --seed 1 --seeds 4]
import { faultTypes } from "@rootward/simulator";
import { asked, foundOf, readAll, type Found, type Noise } from "./injected/read.ts";
import { line, rate, rateOf, tellRate, type Rate } from "./shared/say.ts";

const ask = asked();

interface OriginScores {
  readonly failedFound: Rate;
  /** Failed runs that no fault touched, and unfailed ones, that are called failed. */
  readonly falselyFailed: Rate;
  readonly exact: Rate;
  /** Where the origin's span was sent at all. */
  readonly exactOfSent: Rate;
  readonly commits: Rate;
  readonly exactWhenCommitted: Rate;
  readonly agent: Rate;
  readonly firstStep: Rate;
  readonly lastStep: Rate;
  readonly lastToolError: Rate;
  readonly byType: Readonly<Record<string, Rate>>;
  readonly missed: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function isOrigin({ truth }: Found, spanId: string | null | undefined): boolean {
  if (spanId === null || spanId === undefined || !truth.origin) return false;
  return truth.origin.spanId === spanId || truth.origin.alsoSpanIds.includes(spanId);
}

function scoresOf(found: readonly Found[], falselyFailed: Rate): OriginScores {
  const exact = (one: Found): boolean => isOrigin(one, one.origin?.spanId);
  const committed = found.filter(({ origin }) => origin !== null);
  const types = faultTypes.filter((type) =>
    found.some(({ truth }) => truth.episode?.type === type),
  );
  const of = (type: string): readonly Found[] =>
    found.filter(({ truth }) => truth.episode?.type === type);
  return {
    failedFound: rateOf(found, ({ failed }) => failed),
    falselyFailed,
    exact: rateOf(found, exact),
    exactOfSent: rateOf(
      found.filter(({ truth }) => !truth.originLost),
      exact,
    ),
    commits: rate(committed.length, found.length),
    exactWhenCommitted: rateOf(committed, exact),
    agent: rateOf(found, ({ truth, origin }) => origin?.agent === truth.origin?.agent),
    firstStep: rateOf(found, (one) => isOrigin(one, one.truth.trivial.first?.spanId)),
    lastStep: rateOf(found, (one) => isOrigin(one, one.truth.trivial.last?.spanId)),
    lastToolError: rateOf(found, (one) => isOrigin(one, one.truth.trivial.lastToolError?.spanId)),
    byType: Object.fromEntries(types.map((type) => [type, rateOf(of(type), exact)])),
    missed: Object.fromEntries(
      types.map((type) => [type, countsOf(of(type).filter((one) => !exact(one)))]),
    ),
  };
}

/** What was named as primary instead, and how often. */
function countsOf(missed: readonly Found[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { primary, failed } of missed) {
    const name = failed ? (primary?.split(" @ ")[0] ?? "no cluster") : "not found failed";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted((a, b) => b[1] - a[1]));
}

function scoreNoise(noise: Noise): OriginScores {
  const found: Found[] = [];
  let [unfailed, wrong] = [0, 0];
  for (const read of readAll(ask, noise)) {
    found.push(...foundOf(read));
    const failed = new Set(
      read.diagnosis.standings.flatMap((one) => (one.failed.length > 0 ? one.traceIds : [])),
    );
    const fine = new Set(read.traffic.runs.flatMap((run) => (run.failed ? [] : [run.traceId])));
    unfailed += fine.size;
    wrong += [...failed].filter((id) => fine.has(id)).length;
  }
  return scoresOf(found, rate(wrong, unfailed));
}

function tell(noise: Noise, scores: OriginScores): string {
  return [
    `${noise}: failed runs with a fault, one fault at a time`,
    line("found failed", tellRate(scores.failedFound)),
    line("unfailed runs called failed", tellRate(scores.falselyFailed)),
    line("origin exact", tellRate(scores.exact)),
    line("  where its span was sent", tellRate(scores.exactOfSent)),
    line(
      "  when it commits",
      tellRate(scores.exactWhenCommitted),
      `commits ${tellRate(scores.commits)}`,
    ),
    line("agent", tellRate(scores.agent)),
    line("baseline: first step", tellRate(scores.firstStep)),
    line("baseline: last step", tellRate(scores.lastStep)),
    line("baseline: last tool error", tellRate(scores.lastToolError)),
    ...Object.entries(scores.byType).map(([type, found]) => {
      const missed = Object.entries(scores.missed[type] ?? {}).slice(0, 3);
      const instead = missed.map(([name, count]) => `${name} ${count}`).join(", ");
      return line(`  ${type}`, tellRate(found), instead === "" ? "" : `instead: ${instead}`);
    }),
  ].join("\n");
}

const all = Object.fromEntries(
  ask.noises.map((noise) => {
    const scores = scoreNoise(noise);
    if (!ask.json) console.log(`${tell(noise, scores)}\n`);
    return [noise, scores];
  }),
);
if (ask.json) console.log(JSON.stringify(all, null, 1));
