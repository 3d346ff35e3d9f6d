import type { SpanId } from "../model/ids.ts";
import type { AgentInvocation, Known } from "../model/run.ts";
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
    if (step.kind !== "llm" && step.kind !== "tool" && step.kind !== "retrieval") return [];
    const name = agentNameOf(step);
    if (name === null || seen.has(name)) return [];
    seen.add(name);
    return [{ step, name }];
  });
}

/** The agents of a run, in order of speaking, each invocation once. A pipeline without any gives none. */
export function agentsOf(
  steps: readonly Step[],
  calls: readonly ReadCall[],
  handoffs: readonly HandoffRead[],
  seqOf: (spanId: SpanId) => number,
): readonly AgentInvocation[] {
  const spans = invocations(steps);
  const all = [...spans, ...implied(steps, new Set(spans.map((one) => one.name)))];
  return all
    .toSorted((a, b) => seqOf(a.step.span.spanId) - seqOf(b.step.span.spanId))
    .map(({ step, name }) => {
      const own = calls.filter((call) =>
        step.kind === "agent"
          ? isBelow(call.step, step) && call.agent === name
          : call.agent === name,
      );
      const output = outputOf(step.kind === "agent" ? [step] : [], own);
      const text: Known<string> =
        output.value === null ? output : { value: output.value.text, source: output.source };
      const above = ancestors(step).find((up) => up.kind === "agent" && agentNameOf(up) !== name);
      return {
        spanId: step.span.spanId,
        seq: seqOf(step.span.spanId),
        name,
        id: findText(step.span, "agentId"),
        version: findText(step.span, "agentVersion"),
        parentAgent: above === undefined ? null : agentNameOf(above),
        via: viaOf(name, handoffs),
        input: inputOf(step.kind === "agent" ? [step] : [], own),
        output: text,
        declared: declaredOf(step),
        failure: failureOf(step),
      };
    });
}
