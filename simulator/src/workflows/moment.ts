import type { Fault, FaultCause } from "../faults.ts";
import type { CallPlan, ModelSpec, ModelStep, ToolStep } from "../plan.ts";
import type { ModelNames } from "../names.ts";
import type { Random } from "../random.ts";

/** What a workflow's script gets for one run. */
export interface Moment {
  readonly startMs: number;
  readonly traceId: string;
  readonly random: Random;
  /** Faults that act at this time. */
  readonly active: ReadonlySet<FaultCause>;
}

/** The faults of one workflow that act at a time. */
export function activeAt(faults: readonly Fault[], startMs: number): Set<FaultCause> {
  return new Set(
    faults
      .filter((fault) => fault.startMs <= startMs && startMs < fault.endMs)
      .map((fault) => fault.cause),
  );
}

export function modelOf(names: ModelNames, moved: "before" | "moved"): ModelSpec {
  const { provider, requested } = names;
  return moved === "before"
    ? { provider, requested, answered: names.answered, build: names.build }
    : { provider, requested, answered: names.nextAnswered, build: names.nextBuild };
}

/** How long a model call takes; now and then one is slow, which means nothing. */
function modelMs(random: Random): number {
  const usual = Math.max(220, random.normal(1100, 380));
  return random.chance(0.03) ? usual * 6 : usual;
}

function toolMs(random: Random): number {
  const usual = Math.max(8, random.normal(120, 45));
  return random.chance(0.03) ? usual * 12 : usual;
}

interface Speaker {
  readonly model: ModelSpec;
  readonly probability: number | null;
}

/** A model call that asks for tools. */
export function asks(speaker: Speaker, calls: readonly CallPlan[], random: Random): ModelStep {
  return { kind: "model", ms: modelMs(random), text: null, calls, ...speaker };
}

/** A model call that answers. */
export function says(speaker: Speaker, text: string, random: Random): ModelStep {
  return { kind: "model", ms: modelMs(random), text, calls: [], ...speaker };
}

/** A tool call that returns. */
export function returns(
  call: CallPlan,
  result: unknown,
  random: Random,
  more: Partial<Pick<ToolStep, "retrieval" | "handoffTo">> = {},
): ToolStep {
  const nothing = { thrown: null, retrieval: null, handoffTo: null };
  return { kind: "tool", ms: toolMs(random), call, result, ...nothing, ...more };
}

/** A tool call that times out. */
export function timesOut(call: CallPlan, random: Random): ToolStep {
  return {
    kind: "tool",
    ms: 5000 + random.next() * 60,
    call,
    result: null,
    thrown: { type: "TimeoutError", message: `${call.name} did not answer within 5000 ms` },
    retrieval: null,
    handoffTo: null,
  };
}

export function call(name: string, args: unknown, random: Random): CallPlan {
  return { id: `call_${random.hex(6)}`, name, args };
}

/** A probability as a provider would give it: near `mean`, within (0, 1). */
export function probability(mean: number, deviation: number, random: Random): number {
  return Number(Math.min(0.995, Math.max(0.2, random.normal(mean, deviation))).toFixed(4));
}
