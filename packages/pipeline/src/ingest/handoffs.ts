import type { AgentInvocation, Handoff, Known } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { find, findText } from "./fields.ts";
import { parse } from "./parse.ts";
import { answerTools } from "./messages.ts";
import { isPassingName, namedTarget } from "./passing.ts";
import { isSameTool } from "./requests.ts";
import { agentsBelow } from "./speakers.ts";
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

/** Those at work but for one agent: asked for once an agent and not once a call, of which a long run has thousands. */
function othersThan(acting: readonly Acting[]): (agent: string | null) => readonly Acting[] {
  const known = new Map<string | null, readonly Acting[]>();
  return (agent) => {
    const others = known.get(agent) ?? acting.filter((one) => one.name !== agent);
    known.set(agent, others);
    return others;
  };
}

function byTool(
  read: ToolRead,
  acting: readonly Acting[],
  others: readonly Acting[],
): HandoffRead | null {
  const { call } = read;
  const inside = others.find((one) =>
    read.steps.some((step) => one.step === step || isBelow(one.step, step)),
  );
  // An agent that stands for the call and has no name of its own goes by the call's.
  const isAgent = read.steps.some((step) => step.kind === "agent" || agentsBelow(step).length > 0);
  if (inside === undefined && !isAgent && !isPassingCall(call)) return null;
  const to = inside?.name ?? (isAgent ? call.name : targetOf(read, acting));
  if (to === null) return null;
  return {
    nanos: read.nanos,
    toolId: call.id,
    handoff: {
      from: call.agent,
      to,
      mode: inside !== undefined || isAgent ? "return_to_caller" : "pass_control",
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
        return [passed(from, step, to, "unknown")];
      });
    });
}

function passed(from: string, to: Step, name: string, mode: Handoff["mode"]): HandoffRead {
  return {
    nanos: to.span.startNanos,
    toolId: null,
    handoff: {
      from,
      to: name,
      mode,
      seq: 0,
      spanId: to.span.spanId,
      carried: { value: null, why: "absent" },
    },
  };
}

/** With content off: a model call that ended with a request which no tool span answers, and the next to act is another agent. */
function bySilence(
  steps: readonly Step[],
  calls: readonly ReadCall[],
  acting: readonly Acting[],
): readonly HandoffRead[] {
  return calls.flatMap((call) => {
    const shows = call.output.some((message) => message.parts.length > 0);
    if (call.finish !== "tool_call" || shows || call.agent === null) return [];
    const next = acting.find((one) => one.nanos >= call.endNanos);
    const isAnswered = steps.some(
      (step) =>
        step.kind === "tool" &&
        step.span.startNanos >= call.startNanos &&
        (next === undefined || step.span.startNanos <= next.nanos),
    );
    if (next === undefined || next.name === call.agent || isAnswered) return [];
    return [passed(call.agent, next.step, next.name, "pass_control")];
  });
}

/** Without any model call in sight, an agent of a runner that did nothing before the next one acted can only have handed over. */
function byIdleAgent(steps: readonly Step[]): readonly HandoffRead[] {
  if (steps.some((step) => step.kind === "llm")) return [];
  const agents = steps.filter(
    (step) => step.kind === "agent" && step.span.scope.name.includes("openai_agents"),
  );
  return agents.flatMap((step, index) => {
    const next = agents[index + 1];
    const from = actorOf(step);
    const to = next === undefined ? null : actorOf(next);
    const follows = next !== undefined && next.parent === step.parent && step.parent !== null;
    if (!follows || step.children.length > 0 || from === null || to === null || from === to)
      return [];
    return [passed(from, next, to, "unknown")];
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
  calls: readonly ReadCall[],
  acting: readonly Acting[],
): readonly HandoffRead[] {
  const spans = steps.filter((step) => step.kind === "handoff").map((step) => byStep(step, acting));
  const others = othersThan(acting);
  const found = [
    ...spans,
    ...tools.map((read) => byTool(read, acting, others(read.call.agent))),
    ...byGraph(steps),
    ...bySilence(steps, calls, acting),
    ...byIdleAgent(steps),
  ].filter((one) => one !== null);
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
