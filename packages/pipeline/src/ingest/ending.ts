import type { FailureFact, Run } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { failureOf } from "./failures.ts";
import type { Group } from "./group.ts";
import { answerTools } from "./messages.ts";
import { byEnd } from "./steps.ts";
import type { Step } from "./steps.ts";
import type { ToolRead } from "./tools.ts";

interface Ended {
  readonly group: Group;
  readonly calls: readonly ReadCall[];
  readonly tools: readonly ToolRead[];
  readonly output: Run["output"];
}

/** The deepest failure that tells the message of an outer one; else the outer one's own. */
function originOf(failure: FailureFact, steps: readonly Step[]): FailureFact {
  if (failure.message === null) return failure;
  const { message } = failure;
  const deeper = steps.toReversed().find((step) => {
    const own = failureOf(step);
    return (
      own !== null &&
      own.message !== null &&
      step.span.spanId !== failure.at &&
      (message.includes(own.message) || own.message.includes(message))
    );
  });
  const own = deeper === undefined ? null : failureOf(deeper);
  return own === null ? failure : { ...failure, type: own.type ?? failure.type, at: own.at };
}

function isActor(step: Step): boolean {
  return (
    step.kind === "agent" ||
    step.kind === "workflow" ||
    step.kind === "chain" ||
    step.kind === "guardrail"
  );
}

/** Whether the model's last word was a request that nothing answered. */
function endedAsking(ended: Ended): ReadCall | null {
  const last = ended.calls.at(-1);
  if (last === undefined || last.failure !== null || ended.output.value !== null) return null;
  const asks = last.output.some((message) =>
    message.parts.some((part) => part.t === "call" && !answerTools.has(part.name)),
  );
  return asks && ended.group.root !== null && ended.group.root.kind !== "llm" ? last : null;
}

/**
 * The error that a run ended in: its last model call failed, or its root or last agent did, and no answer follows; or it stopped
 * after a request without an answer. A failed tool that the run got over is none.
 *
 * @source conventions.md trap 9
 */
export function runErrorOf(ended: Ended): FailureFact | null {
  const { group, calls, tools, output } = ended;
  const { root, steps } = group;
  const lastCall = calls.toSorted((a, b) => (a.endNanos < b.endNanos ? -1 : 1)).at(-1);
  const rootFailure = root === null ? null : failureOf(root);
  const answered = output.value !== null;
  if (lastCall !== undefined && lastCall.failure !== null && !(answered && rootFailure === null))
    return lastCall.failure;
  if (rootFailure !== null && root !== null && !(answered && isFromTool(rootFailure, tools)))
    return originOf(rootFailure, steps);
  if (answered) return rejectedBy(ended);
  const actor = steps.findLast(
    (step) => isActor(step) && failureOf(step) !== null && !recovered(step, calls),
  );
  const actorFailure = actor === undefined ? null : failureOf(actor);
  if (actorFailure !== null) return originOf(actorFailure, steps);
  const lastTool = tools.at(-1);
  if (
    lastTool !== undefined &&
    lastTool.call.failure !== null &&
    !calls.some((call) => call.startNanos >= lastTool.endNanos)
  ) {
    return lastTool.call.failure;
  }
  const asking = endedAsking(ended);
  if (asking === null) return null;
  return {
    type: "no_answer",
    message: "the run ended after a request for a tool, without an answer",
    at: asking.spanId,
    propagated: false,
    source: { convention: asking.step.convention, spanId: asking.spanId, path: "messages/output" },
  };
}

/** The failure of the agent that gave the last answer, where nothing happened after it: what it said was not accepted. */
function rejectedBy({ group, calls, tools }: Ended): FailureFact | null {
  const [last] = byEnd(group.steps.filter((step) => step.kind === "agent"));
  const failure = last === undefined ? null : failureOf(last);
  if (last === undefined || failure === null || isFromTool(failure, tools)) return null;
  const isTold = [
    ...calls.map((call) => call.failure),
    ...tools.map((read) => read.call.failure),
  ].some(
    (other) => other !== null && (failure.message === null || other.message === failure.message),
  );
  return isTold || recovered(last, calls) ? null : failure;
}

/** A failed tool's message on the root, with an answer after it, was got over. */
function isFromTool(failure: FailureFact, tools: readonly ToolRead[]): boolean {
  const { message } = failure;
  return message !== null && tools.some(({ call }) => call.failure?.message === message);
}

function recovered(step: Step, calls: readonly ReadCall[]): boolean {
  return calls.some((call) => call.failure === null && call.startNanos >= step.span.endNanos);
}
