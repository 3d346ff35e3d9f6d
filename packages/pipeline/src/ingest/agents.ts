import type { SpanId } from "../model/ids.ts";
import type { AgentInvocation } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { declaredOf } from "./declared.ts";
import { failureOf } from "./failures.ts";
import { findText } from "./fields.ts";
import { viaOf } from "./handoffs.ts";
import type { Acting, HandoffRead } from "./handoffs.ts";
import { inputOf, outputOf } from "./output.ts";
import { actorOf, agentNameOf, ancestors, isBelow } from "./steps.ts";
import type { Step } from "./steps.ts";

/** Who acts when: agents' spans, and steps that name an agent no span stands for. */
export function actingOf(steps: readonly Step[], calls: readonly ReadCall[]): readonly Acting[] {
  const working = new Set(calls.map((call) => call.step));
  const found = steps.flatMap((step): readonly Acting[] => {
    if (step.kind !== "agent" && !working.has(step) && step.kind !== "tool") return [];
    const name = actorOf(step);
    return name === null ? [] : [{ name, nanos: step.span.startNanos, step }];
  });
  return found;
}

/** The spans that stand for an agent: nested spans of one name are one invocation. */
function invocations(
  steps: readonly Step[],
): readonly { readonly step: Step; readonly name: string }[] {
  return steps.flatMap((step) => {
    const name = step.kind === "agent" ? agentNameOf(step) : null;
    if (name === null) return [];
    const isInner = ancestors(step).some((up) => up.kind === "agent" && agentNameOf(up) === name);
    return isInner ? [] : [{ step, name }];
  });
}

/** Agents that only the steps they did name: the first of those stands for each. */
function implied(
  steps: readonly Step[],
  named: ReadonlySet<string>,
): readonly { readonly step: Step; readonly name: string }[] {
  const seen = new Set(named);
  return steps.flatMap((step) => {
    const isWork = step.kind === "llm" || step.kind === "tool" || step.kind === "retrieval";
    const name = isWork ? agentNameOf(step) : turnOf(step);
    if (name === null || seen.has(name)) return [];
    seen.add(name);
    return [{ step, name }];
  });
}

/** The agent whose turn a workflow's own step announces. */
function turnOf(step: Step): string | null {
  return step.kind === "chain" ? findText(step.span, "speaker") : null;
}

interface Cast {
  readonly steps: readonly Step[];
  readonly calls: readonly ReadCall[];
  readonly handoffs: readonly HandoffRead[];
  /** Who acts where no step names an agent. */
  readonly sole: string | null;
  readonly seqOf: (spanId: SpanId) => number;
}

/** The agents of a run, in order of speaking, each invocation once. A run in which nobody acts gives none. */
export function agentsOf(cast: Cast): readonly AgentInvocation[] {
  const { steps, seqOf, sole } = cast;
  const spans = invocations(steps);
  const named = [...spans, ...implied(steps, new Set(spans.map((one) => one.name)))];
  const [first] = steps;
  const all =
    named.length > 0 || sole === null || first === undefined
      ? named
      : [{ step: first, name: sole }];
  return all
    .toSorted((a, b) => seqOf(a.step.span.spanId) - seqOf(b.step.span.spanId))
    .map((one) => invocationOf(one, cast));
}

function invocationOf(
  { step, name }: { readonly step: Step; readonly name: string },
  cast: Cast,
): AgentInvocation {
  const isSpan = step.kind === "agent";
  const own = cast.calls.filter(
    (call) => call.agent === name && (!isSpan || isBelow(call.step, step)),
  );
  const output = outputOf(isSpan ? [step] : [], own);
  const above = ancestors(step).find((up) => up.kind === "agent" && agentNameOf(up) !== name);
  return {
    spanId: step.span.spanId,
    seq: cast.seqOf(step.span.spanId),
    name,
    id: findText(step.span, "agentId"),
    version: findText(step.span, "agentVersion"),
    parentAgent: above === undefined ? null : agentNameOf(above),
    via: viaOf(name, cast.handoffs),
    input: inputOf(isSpan ? [step] : [], own),
    output: output.value === null ? output : { value: output.value.text, source: output.source },
    declared: declaredOf(step),
    failure: failureOf(step),
  };
}
