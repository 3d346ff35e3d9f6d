import type { CauseRow } from "../model/causes.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import { policy } from "../model/policy.ts";
import type { Ruling } from "../model/ruling.ts";
import { controlsOf } from "./beside.ts";
import { lifeOfBucket, resultsOn } from "./bucket-life.ts";
import { alikeTo } from "./dated.ts";
import type { Dated, DatedFlow } from "./dated.ts";
import type { Placement } from "./decisions.ts";
import { concerns } from "./evidence.ts";
import type { ReadFlow } from "./readflow.ts";
import { rulingsOn } from "./rulings.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import { eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";

/** What all flows share when they are explained. */
export interface Surroundings {
  readonly changes: readonly Change[];
  readonly toldAny: boolean;
  readonly texts: ReadonlyMap<string, string>;
  readonly guarded: ReadonlySet<string>;
  /** By the id of their run. */
  readonly rulings: ReadonlyMap<string, readonly Ruling[]>;
  /** The lookup table, and what persons found. */
  readonly rows: readonly CauseRow[];
  readonly results: readonly CheckResult[];
  /** By cluster, when its case became active. */
  readonly guardedMs: ReadonlyMap<string, number>;
  /** By cluster, until when a closure speaks for it, and why no case does. */
  readonly closed: ReadonlyMap<string, { readonly atMs: number; readonly why: string }>;
  readonly placement: Placement;
}

/** Everything beside the flow itself that its explanation depends on, as one text: while it is the same, so is the explanation. */
export function* surroundingsOf(
  { flow, buckets }: DatedFlow,
  others: readonly DatedFlow[],
  around: Surroundings,
): Slices<string> {
  const { changes, toldAny, texts, rows, results } = around;
  const concerning = changes.filter((change) => concerns(change, flow.flow));
  const known = concerning.flatMap(({ before, after }) => [before, after]);
  const shared = yield* sharedTexts(flow);
  yield "causes";
  const rest = clusterIdOf(signatureOf(flow.flow, undefined));
  const beside: unknown[] = [];
  // They depend on nothing of a bucket but in which way it broke.
  const controls = new Map<string, readonly unknown[]>();
  for (const one of buckets) {
    beside.push([
      lifeOfBucket(one.bucket, around),
      alikeTo(one, others),
      resultsOn(one.bucket, around),
    ]);
    const { primary } = one.bucket.signature;
    if (one.onset && !controls.has(primary)) {
      controls.set(primary, controlsBeside(flow, one, { others, changes: concerning }));
    }
    yield "causes";
  }
  return JSON.stringify([
    toldAny,
    concerning,
    [...known, ...shared].map((hash) => hash !== null && texts.has(hash)),
    yield* rulingsIn(flow, around.rulings),
    rows,
    beside,
    [...controls],
    // A drift of its own is held against every change, and its causes are those of what nothing explains.
    flow.drifts.length > 0 ? [changes, results.filter(({ cluster }) => cluster === rest)] : null,
  ]);
}

/** What `controlOf` asks of the other workflows for the changes that may fit. */
function controlsBeside(
  flow: ReadFlow,
  { bucket, onset }: Dated,
  {
    others,
    changes,
  }: { readonly others: readonly DatedFlow[]; readonly changes: readonly Change[] },
): readonly unknown[] {
  if (!onset || changes.length === 0) return [];
  return controlsOf(flow, bucket.signature, others).map((control) => [
    control.workflow,
    control.sharesModel,
    changes.map((change) => [control.got(change), control.around(change.atMs)]),
  ]);
}

/** Rulings on any run of a flow: those on unfailed runs as well, since a ranker may be fitted to them. */
function* rulingsIn(
  { flow }: ReadFlow,
  rulings: Surroundings["rulings"],
): Slices<readonly Ruling[]> {
  const found: Ruling[] = [];
  if (rulings.size === 0) return found;
  yield* eachInSlices("causes", flow.runs, (run) => {
    found.push(...rulingsOn(run, rulings));
  });
  return found;
}

const sharedBy = new WeakMap<ReadFlow, readonly string[]>();

/** Versions that several runs of a flow carry: a prompt that differs from run to run is no change, and its texts are not needed. */
export function* sharedTexts(read: ReadFlow): Slices<readonly string[]> {
  const known = sharedBy.get(read);
  if (known) return known;
  const counts = new Map<string, number>();
  yield* eachInSlices("changes", read.flow.runs, ({ versions }) => {
    for (const version of Object.values(versions)) {
      counts.set(version, (counts.get(version) ?? 0) + 1);
    }
  });
  const least = policy("changeRuns");
  const shared = [...counts].flatMap(([version, count]) => (count >= least ? version : []));
  sharedBy.set(read, shared);
  return shared;
}
