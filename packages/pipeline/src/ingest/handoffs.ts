import type { AgentInvocation, Handoff, Known } from "../model/run.ts";
import { find, findText } from "./fields.ts";
import { parse } from "./parse.ts";
import { answerTools } from "./messages.ts";
import { isPassingName, namedTarget } from "./passing.ts";
import { isSameTool } from "./requests.ts";
import { actorOf, isBelow } from "./steps.ts";
import type { Step } from "./steps.ts";
import type { ToolRead } from "./tools.ts";
import { eachLeaf, fold } from "./value.ts";

/** An agent at work: who, since when, under which step. */
export interface Acting {
  readonly name: string;
  readonly nanos: bigint;
  readonly step: Step;
}

export interface HandoffRead {
  readonly handoff: Handoff;
  readonly nanos: bigint;
  /** The tool call that carries it. */
  readonly toolId: string | null;
}

const targetInName =
  /^(?:handoff[-_ ]+)?(?:transfer|hand_?off|hand_over|delegate)(?:[-_ ]?(?:task|work))?[-_ ]+to[-_ ]+(.+?)(?:_\d+)?$/i;

/** The agent that a name means: equal but for case and separators, or one within the other. */
function agentLike(text: string, names: readonly string[]): string | null {
  const plain = fold(text);
  if (plain.length < 3) return null;
  return (
    names.find((name) => fold(name) === plain) ??
    names.find((name) => isSameTool(name, text)) ??
    null
  );
}

function targetOf(read: ToolRead, acting: readonly Acting[]): string | null {
  const { call } = read;
  const after = acting.filter((one) => one.nanos >= read.nanos && one.name !== call.agent);
  const names = [...new Set(acting.map((one) => one.name))].filter((name) => name !== call.agent);
  const inName = targetInName.exec(call.rawName)?.[1] ?? targetInName.exec(call.name)?.[1];
  if (inName !== undefined && !/^(member|agent|coworker|co_worker|teammate)$/i.test(inName)) {
    return agentLike(inName, names) ?? inName;
  }
  const values: string[] = [];
  eachLeaf(call.args.value, (leaf) => {
    if (typeof leaf === "string" && leaf.length <= 80) values.push(leaf);
  });
  for (const value of values) {
    const named = agentLike(value, names);
    if (named !== null) return named;
  }
  // Without any span of the target, an argument under a usual key is its name.
  return after[0]?.name ?? namedTarget(call.args.value);
}

function byTool(read: ToolRead, acting: readonly Acting[]): HandoffRead | null {
  const { call } = read;
  const inside = acting.find(
    (one) =>
      one.name !== call.agent &&
      read.steps.some((step) => one.step === step || isBelow(one.step, step)),
  );
  const isPassing = isPassingCall(call);
  if (inside === undefined && !isPassing) return null;
  const to = inside?.name ?? targetOf(read, acting);
  if (to === null) return null;
  return {
    nanos: read.nanos,
    toolId: call.id,
    handoff: {
      from: call.agent,
      to,
      mode: inside !== undefined ? "return_to_caller" : "pass_control",
      seq: 0,
      spanId: read.steps[0]?.span.spanId ?? null,
      carried: call.args,
    },
  };
}

function carriedBy(step: Step): Known<unknown> {
  const found = find(step.span, "toolArgs");
  return found === null
    ? { value: null, why: "absent" }
    : { value: parse(found.value).value, source: found.source };
}

function byStep(step: Step, acting: readonly Acting[]): HandoffRead | null {
  const from = findText(step.span, "handoffFrom") ?? actorOf(step);
  const named = findText(step.span, "handoffTo");
  const known = named === null || /^unknown$/i.test(named) ? null : named;
  const next = acting.find((one) => one.nanos >= step.span.startNanos && one.name !== from);
  const to =
    known === null
      ? (next?.name ?? null)
      : (agentLike(
          known,
          acting.map((one) => one.name),
        ) ?? known);
  if (to === null || to === from) return null;
  return {
    nanos: step.span.startNanos,
    toolId: null,
    handoff: {
      from,
      to,
      mode: "pass_control",
      seq: 0,
      spanId: step.span.spanId,
      carried: carriedBy(step),
    },
  };
}

/** Siblings under a graph are handed from one to the next by order only. */
function byGraph(steps: readonly Step[]): readonly HandoffRead[] {
  return steps
    .filter((step) => step.span.attributes.get("gen_ai.operation.name") === "invoke_graph")
    .flatMap((graph) => {
      const below = steps.filter((step) => step.kind === "agent" && isBelow(step, graph));
      return below.slice(1).flatMap((step, index) => {
        const before = below[index];
        const from = before === undefined ? null : actorOf(before);
        const to = actorOf(step);
        if (from === null || to === null || from === to) return [];
        const handoff: Handoff = {
          from,
          to,
          mode: "unknown",
          seq: 0,
          spanId: step.span.spanId,
          carried: { value: null, why: "absent" },
        };
        return [{ nanos: step.span.startNanos, toolId: null, handoff }];
      });
    });
}

/**
 * Who handed over to whom: tool calls that transfer control or hold another agent, hand-off spans, siblings of a graph; each pair
 * at one time once. Agents that merely follow each other are none.
 *
 * @source conventions.md 1.18
 */
export function handoffsOf(
  steps: readonly Step[],
  tools: readonly ToolRead[],
  acting: readonly Acting[],
): readonly HandoffRead[] {
  const spans = steps.filter((step) => step.kind === "handoff").map((step) => byStep(step, acting));
  const found = [...spans, ...tools.map((read) => byTool(read, acting)), ...byGraph(steps)].filter(
    (one) => one !== null,
  );
  const kept: HandoffRead[] = [];
  for (const one of found.toSorted((a, b) =>
    a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0,
  )) {
    const twin = kept.findIndex(
      (other) =>
        fold(other.handoff.to) === fold(one.handoff.to) &&
        (other.handoff.from === one.handoff.from ||
          other.handoff.from === null ||
          one.handoff.from === null) &&
        isTwin(other, one, acting),
    );
    if (twin < 0) kept.push(one);
    else kept[twin] = merged(kept[twin] ?? one, one);
  }
  return kept;
}

/** One hand-off seen twice, as span and as call: the target did not act in between. */
function isTwin(before: HandoffRead, after: HandoffRead, acting: readonly Acting[]): boolean {
  return !acting.some(
    (one) =>
      fold(one.name) === fold(before.handoff.to) &&
      one.nanos > before.nanos &&
      one.nanos < after.nanos,
  );
}

function merged(a: HandoffRead, b: HandoffRead): HandoffRead {
  const carried = a.handoff.carried.value === null ? b.handoff.carried : a.handoff.carried;
  return {
    ...a,
    toolId: a.toolId ?? b.toolId,
    handoff: { ...a.handoff, from: a.handoff.from ?? b.handoff.from, carried },
  };
}

/** Whether a tool call carries a hand-off: by its name, or as the answer in a form that names the next agent. */
export function isPassingCall(call: ToolRead["call"]): boolean {
  return (
    isPassingName(call.rawName) ||
    isPassingName(call.name) ||
    (answerTools.has(call.name) && namedTarget(call.args.value) !== null)
  );
}

/** How each agent came to act. */
export function viaOf(name: string, handoffs: readonly HandoffRead[]): AgentInvocation["via"] {
  const one = handoffs.find((entry) => fold(entry.handoff.to) === fold(name));
  if (one === undefined) return "root";
  return one.handoff.mode === "return_to_caller" ? "delegation" : "handoff";
}
