import { groupBy } from "./flows.ts";
import type { RunDigest, StepDigest } from "../model/digest.ts";
import type { RuledStep, Ruling } from "../model/ruling.ts";

/** Steps that may be an origin, in order: an agent is where steps happen, and no step itself. */
export function choices({ steps }: Pick<RunDigest, "steps">): readonly StepDigest[] {
  return steps.filter(({ kind }) => kind !== "agent").toSorted((a, b) => a.seq - b.seq);
}

/** Whether a span is one of the step's operation. */
export function holds(step: StepDigest, spanId: string): boolean {
  return spanId !== "" && (step.spanId === spanId || step.alsoSpanIds.includes(spanId));
}

/** What a ruling keeps of the step that it is about. */
export function ruledStep({ spanId, seq, kind, name }: StepDigest): RuledStep {
  return { spanId, seq, kind, name };
}

/** The step that a ruling is about, in the run as it is read now; undefined where late spans left nothing of it. */
export function stepRuled(
  run: Pick<RunDigest, "steps">,
  { spanId, seq, kind, name }: RuledStep,
): StepDigest | undefined {
  const steps = choices(run);
  const alike = (step: StepDigest): boolean => step.kind === kind && step.name === name;
  const here = steps.filter((step) => holds(step, spanId));
  return (
    here.find((step) => alike(step) && step.seq === seq) ??
    here.find(alike) ??
    here[0] ??
    (spanId === "" ? steps.find((step) => alike(step) && step.seq === seq) : undefined)
  );
}

/** What people said about the steps of one run, as it holds now. */
export interface Ruled {
  /** The step that was confirmed last and not rejected since. */
  readonly confirmed: { readonly step: StepDigest; readonly ruling: Ruling } | null;
  /** In the order of their rulings. */
  readonly rejected: readonly StepDigest[];
}

/**
 * Of the rulings on one step the newest holds.
 *
 * @param rulings  of this run, in any order
 */
export function ruledIn(run: Pick<RunDigest, "steps">, rulings: readonly Ruling[]): Ruled {
  const holding = new Map<number, { step: StepDigest; ruling: Ruling }>();
  for (const ruling of rulings.toSorted((a, b) => a.atMs - b.atMs)) {
    const step = stepRuled(run, ruling.step);
    if (!step) continue;
    holding.delete(step.seq);
    holding.set(step.seq, { step, ruling });
  }
  const all = [...holding.values()];
  return {
    confirmed: all.findLast(({ ruling }) => ruling.ruling === "confirmed") ?? null,
    rejected: all.flatMap(({ step, ruling }) => (ruling.ruling === "rejected" ? [step] : [])),
  };
}

/** Rulings by the id of the run that they were made on. */
export function byRun(rulings: readonly Ruling[]): ReadonlyMap<string, readonly Ruling[]> {
  return groupBy(rulings, ({ runId }) => runId);
}

/** The rulings on a run, also those that were made while it had another id. */
export function rulingsOn(
  { id, aliases }: Pick<RunDigest, "id" | "aliases">,
  rulings: ReadonlyMap<string, readonly Ruling[]>,
): readonly Ruling[] {
  if (rulings.size === 0) return [];
  return [id, ...aliases].flatMap((one) => rulings.get(one) ?? []);
}
