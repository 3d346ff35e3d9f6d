import type { ReadCall } from "./calls.ts";
import { overlap } from "./group.ts";
import type { Step } from "./steps.ts";

/** Nested or doubled model calls are one: the fuller, with what the other adds. */
export function distinctCalls(
  steps: readonly Step[],
  calls: ReadonlyMap<Step, ReadCall>,
): readonly ReadCall[] {
  const kept: ReadCall[] = [];
  const byResponse = new Map<string, number>();
  for (const step of steps) {
    const call = calls.get(step);
    if (call === undefined) continue;
    const outer = kept.findIndex(
      (other, index) => index >= kept.length - 8 && isSameCall(step, other.step),
    );
    const same = call.responseId === null ? undefined : byResponse.get(call.responseId);
    const twin = outer >= 0 ? outer : same !== undefined && isTwin(kept[same], call) ? same : -1;
    const other = kept[twin];
    if (other !== undefined) {
      kept[twin] = mergeCalls(other, call);
      continue;
    }
    if (call.responseId !== null) byResponse.set(call.responseId, kept.length);
    kept.push(call);
  }
  return kept;
}

/** Nested, with neither an actor nor a tool in between: a wrapper and the call itself. */
function isSameCall(inner: Step, outer: Step): boolean {
  for (let up = inner.parent; up !== null; up = up.parent) {
    if (up === outer) return true;
    if (up.kind === "agent" || up.kind === "tool" || up.kind === "workflow") return false;
  }
  return false;
}

function isTwin(other: ReadCall | undefined, call: ReadCall): boolean {
  return other !== undefined && overlap(other.step, call.step);
}

function mergeCalls(a: ReadCall, b: ReadCall): ReadCall {
  const parts = (call: ReadCall): number =>
    call.output.reduce((sum, message) => sum + message.parts.length, 0);
  const inputs = (call: ReadCall): number => call.input.length;
  return {
    ...a,
    agent: a.agent ?? b.agent,
    modelRequested: a.modelRequested ?? b.modelRequested,
    modelAnswered: b.modelAnswered ?? a.modelAnswered,
    modelBuild: a.modelBuild ?? b.modelBuild,
    responseId: a.responseId ?? b.responseId,
    system: a.system.value === null ? b.system : a.system,
    input: inputs(b) > inputs(a) ? b.input : a.input,
    output: parts(b) > parts(a) ? b.output : a.output,
    finish: a.finish ?? b.finish,
    usage: Object.keys(a.usage).length > 0 ? a.usage : b.usage,
    logprobs: a.logprobs.value === null ? b.logprobs : a.logprobs,
    failure: a.failure ?? b.failure,
    tools: a.tools.length > 0 ? a.tools : b.tools,
  };
}
