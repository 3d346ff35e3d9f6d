import { agentsOf } from "./beside.ts";
import { resultsOn } from "./bucket-life.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Control } from "./controls.ts";
import type { Dated } from "./dated.ts";
import { firstFrom } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { confidenceOf, taskFocusOf } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { fitOf, upToLast } from "./fit.ts";
import type { Fit } from "./fit.ts";
import type { ReadFlow } from "./readflow.ts";
import type { Slices } from "./slices.ts";
import type { Surroundings } from "./surroundings.ts";
import { weighFits } from "./terms.ts";
import type { WeighedFit } from "./terms.ts";
import { timelineOf } from "./timing.ts";

/** What a bucket is held against. */
export interface Beside extends Pick<
  Surroundings,
  "changes" | "toldAny" | "rows" | "results" | "placement"
> {
  /** The clean window by which its members were signed. */
  readonly clean: Clean | null;
  readonly cleanRuns: readonly Versioned[];
  readonly alike: readonly string[];
  readonly controls: readonly Control[];
}

/** Everything that the checks of the lookup table ask about the members of a bucket. */
export function* factsOf(flow: ReadFlow, one: Dated, beside: Beside): Slices<Facts> {
  const { signature, members } = one.bucket;
  const { fits, weighed } = yield* fitsOf(flow, one, beside);
  const entries = members.map(({ entry }) => entry);
  const from = one.onset?.atMs ?? members[0]?.entry.run.startedMs ?? 0;
  const since = flow.versioned.slice(firstFrom(flow.versioned, from));
  const others = since.filter(({ run }) => !one.ids.has(run.id));
  const confidence = confidenceOf(entries, beside.cleanRuns, "clean runs");
  yield "causes";
  const confidenceBeside = confidenceOf(entries, others, "other runs since");
  yield "causes";
  const taskType = taskFocusOf(entries, since, beside.cleanRuns);
  yield "causes";
  const fitting = (verdict: Fit["verdict"]): readonly Fit[] =>
    fits.filter((fit) => fit.verdict === verdict);
  return {
    flow: flow.flow,
    signature,
    members,
    clean: beside.clean,
    cleanRuns: beside.cleanRuns,
    since,
    onset: one.onset,
    fits: fitting("fits"),
    ruledOut: fitting("ruled_out"),
    weighed,
    rows: beside.rows,
    results: resultsOn(one.bucket, beside),
    toldAny: beside.toldAny,
    confidence,
    confidenceBeside,
    taskType,
    alike: beside.alike,
  };
}

/** How the changes fit the onset of a bucket, best first, and weighed; nothing where it has none. */
function* fitsOf(
  { versioned }: ReadFlow,
  { bucket, ids, onset }: Dated,
  { changes, controls }: Pick<Beside, "changes" | "controls">,
): Slices<{ readonly fits: readonly Fit[]; readonly weighed: readonly WeighedFit[] }> {
  if (!onset || changes.length === 0) return { fits: [], weighed: [] };
  const { signature, members } = bucket;
  const before = upToLast(versioned, ids);
  const timeline = timelineOf(before, ids);
  yield "causes";
  const fits: Fit[] = [];
  for (const change of changes) {
    fits.push(fitOf(change, { versioned: before, members: ids, onset, timeline }));
    yield "causes";
  }
  fits.sort((a, b) => a.loss - b.loss);
  const weighed = weighFits(fits, { timeline, signature, controls, agents: agentsOf(members) });
  yield "causes";
  return { fits, weighed };
}
