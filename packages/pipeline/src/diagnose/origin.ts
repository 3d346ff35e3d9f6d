import type { Deviation, DeviationKind, Hop, Origin, Trail } from "../model/deviation.ts";
import type { LinkProof, StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import { borderBetween } from "./borders.ts";
import type { Borders } from "./borders.ts";
import { componentOf, isCall } from "./view.ts";
import type { RunView } from "./view.ts";

/** Kinds that say where a failure showed, not where it began: they name the origin only if nothing else does. */
const manifest: ReadonlySet<DeviationKind> = new Set([
  "app_rejected",
  "contract",
  "output_mismatch",
]);

/** Kinds that are mostly harmless, yet say more than a refusal of which nothing else in the run speaks. */
const faint: ReadonlySet<DeviationKind> = new Set(["repeated", "value_scale"]);

/**
 * The deviation that stands for a run: the earliest strong one; else the earliest of medium strength that is not merely where the
 * failure showed; else where it showed in the output; else a faint one; else the refusal; else the earliest weak one.
 *
 * @returns undefined where nothing deviates: the run is unexplained
 * @source diagnosis.md B5.3 A: the earliest strong deviation is the injected fault in 97.7 % of runs, the failing step in 20.7 %
 */
export function primaryOf(deviations: readonly Deviation[]): Deviation | undefined {
  const strong = deviations.find(({ strength }) => strength === "strong");
  if (strong) return strong;
  const medium = deviations.filter(({ strength }) => strength === "medium");
  return (
    medium.find(({ kind }) => !manifest.has(kind)) ??
    medium.find(({ kind }) => kind !== "app_rejected") ??
    deviations.find(({ kind }) => faint.has(kind)) ??
    medium[0] ??
    deviations[0]
  );
}

/** The step that a deviation accuses. A rejection by the application accuses the model call that wrote what was rejected. */
export function originStep(view: RunView, deviation: Deviation): StepDigest | undefined {
  const at = view.bySeq.get(deviation.seq);
  if (deviation.kind !== "app_rejected" || !at) return at;
  return view.calls.findLast((call) => call.seq < at.seq) ?? at;
}

/** A step as the origin of a run. Model calls have no tool, even where they wrote a tool's arguments. */
export function originOf(step: StepDigest): Origin {
  return {
    spanId: step.spanId,
    agent: step.agent,
    tool: isCall(step) ? componentOf(step) : null,
    step: step.seq,
    kind: step.kind,
  };
}

/** Where the failure showed: a rejecting step, the step of a run-level error, else what wrote the output, else the last step. */
export function failingStep(view: RunView): StepDigest | undefined {
  const rejected = view.steps.findLast((step) => step.kind === "app" && isFailed(step));
  const errorAt = view.run.errorAt;
  const erring = errorAt === null ? undefined : stepOfSpan(view, errorAt);
  return rejected ?? erring ?? view.writer ?? view.steps.at(-1);
}

function stepOfSpan(view: RunView, spanId: string): StepDigest | undefined {
  return view.steps.find(
    (step) =>
      step.kind !== "agent" && (step.spanId === spanId || step.alsoSpanIds.includes(spanId)),
  );
}

/** How much a hop keeps of the belief that what is downstream follows from what is upstream. Source: diagnosis.md A2.3. */
function weightOf(proof: LinkProof): number {
  return {
    value: policy("trailValue"),
    handoff: policy("trailHandoff"),
    call: policy("trailCall"),
    order: policy("trailOrder"),
  }[proof];
}

const orderOnly: LinkProof = "order";

interface Reached {
  readonly belief: number;
  readonly toward: number | null;
  readonly hop: Omit<Hop, "seq" | "spanId" | "name"> | null;
}

/**
 * Every step upstream of one, each by its best-proven way.
 *
 * @param ways  "any": steps without a link hang on the one before them by order; "proven": order alone leads nowhere
 */
function upstreamOf(
  view: RunView,
  from: StepDigest,
  ways: "any" | "proven",
): ReadonlyMap<number, Reached> {
  const reached = new Map<number, Reached>([[from.seq, { belief: 1, toward: null, hop: null }]]);
  for (let index = view.steps.length - 1; index >= 0; index--) {
    const step = view.steps[index];
    const here = step && reached.get(step.seq);
    if (!step || !here) continue;
    const before = view.steps[index - 1];
    const ordered =
      before && ways === "any" ? [{ from: before.seq, proof: orderOnly, text: null }] : [];
    for (const link of [...step.links, ...ordered]) {
      if (link.from >= step.seq || (ways === "proven" && link.proof === "order")) continue;
      const belief = here.belief * weightOf(link.proof);
      if (belief <= (reached.get(link.from)?.belief ?? 0)) continue;
      const { proof, text } = link;
      reached.set(link.from, { belief, toward: step.seq, hop: { proof, text } });
    }
  }
  return reached;
}

/** `seq` of every step from which something other than order leads to where the failure showed, that step included. */
export function provenSteps(view: RunView): ReadonlySet<number> {
  const failing = failingStep(view);
  return new Set(failing ? upstreamOf(view, failing, "proven").keys() : []);
}

/**
 * The trail from where the failure showed back to the origin, by the best-proven hops; `proven` is false where one is known by
 * order alone. Where the origin lies after the failing step, or is it, there are no hops.
 */
export function trailOf(
  view: RunView,
  origin: StepDigest,
  borders: Borders = { deviations: [], clean: null },
): Trail | null {
  const failing = failingStep(view);
  if (!failing) return null;
  const reached = upstreamOf(view, failing, "any");
  const hops: Hop[] = [];
  for (let seq: number | null = origin.seq; seq !== null;) {
    const entry: Reached | undefined = reached.get(seq);
    const step = view.bySeq.get(seq);
    if (!entry || !step || !entry.hop) break;
    const to = entry.toward === null ? undefined : view.bySeq.get(entry.toward);
    const border = to ? borderBetween(view, { from: step, to }, borders) : null;
    const crossed = border ? { border } : {};
    hops.unshift({ seq, spanId: step.spanId, name: nameOf(step), ...entry.hop, ...crossed });
    seq = entry.toward;
  }
  return {
    failingSpanId: failing.spanId,
    failingName: nameOf(failing),
    hops,
    proven: hops.every(({ proof }) => proof !== "order"),
  };
}

/** What a trail calls a step. */
export function nameOf(step: StepDigest): string {
  if (isCall(step)) return componentOf(step);
  return step.kind === "llm" && step.agent !== null ? `${step.agent}: model call` : step.name;
}
