import type { RunDigest, StepDigest } from "../model/digest.ts";

/** A run's steps in order, with the questions that deviations, origin and trail ask of them. */
export interface RunView {
  readonly run: RunDigest;
  /** By `seq`. */
  readonly steps: readonly StepDigest[];
  readonly bySeq: ReadonlyMap<number, StepDigest>;
  /** Model calls in order. */
  readonly calls: readonly StepDigest[];
  /** The model call that wrote the run's output; undefined where no model call is visible. */
  readonly writer: StepDigest | undefined;
}

/** The view of a run. The writer is the last model call; what the application does after it only accepts or rejects. */
export function viewOf(run: RunDigest): RunView {
  const steps = run.steps.toSorted((a, b) => a.seq - b.seq);
  const calls = steps.filter((step) => step.kind === "llm");
  return {
    run,
    steps,
    bySeq: new Map(steps.map((step) => [step.seq, step])),
    calls,
    writer: calls.at(-1),
  };
}

/** Whether a step brings documents. */
export function retrieves(step: StepDigest): boolean {
  return step.kind === "retrieval" || step.role === "retriever" || step.documents !== null;
}

/** Whether a step calls something: a tool or a retriever, not a model, an agent or the application's own code. */
export function isCall(step: StepDigest): boolean {
  return step.kind === "tool" || step.kind === "retrieval";
}

/** What a step is called in signatures and clean windows: its tool, else its name. */
export function componentOf(step: StepDigest): string {
  return step.tool ?? step.name;
}

/** The model call that asked for a step: as linked, else the last one of the same agent before it, else the last one. */
export function callerOf(view: RunView, step: StepDigest): StepDigest | undefined {
  for (const link of step.links) {
    const from = view.bySeq.get(link.from);
    if (link.proof === "call" && from?.kind === "llm") return from;
  }
  const earlier = view.calls.filter((call) => call.seq < step.seq);
  return earlier.findLast((call) => call.agent === step.agent) ?? earlier.at(-1);
}

/** Whether a later call of the same tool succeeded within `limit` calls after this one. */
export function recovered(view: RunView, step: StepDigest, limit: number): boolean {
  const later = view.steps.filter((other) => other.seq > step.seq && isCall(other));
  return later
    .slice(0, limit)
    .some((other) => componentOf(other) === componentOf(step) && other.outcome === "ok");
}

/** Calls of tools and hand-overs, in order. */
export function requestsOf(view: RunView): readonly StepDigest[] {
  return view.steps.filter((step) => isCall(step) || step.kind === "handoff");
}

/** Names of `requestsOf`, from `<start>`. */
export function toolOrder(view: RunView): readonly string[] {
  return ["<start>", ...requestsOf(view).map(componentOf)];
}
