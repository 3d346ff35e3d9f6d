import { find, findText } from "./fields.ts";
import { noAgents } from "./no-agents.ts";
import { parse } from "./parse.ts";
import { isPassingName, namedTarget } from "./passing.ts";
import type { Step } from "./steps.ts";

/** Who acts in steps that name nobody: known from the steps around them. */
export type Speakers = ReadonlyMap<Step, string>;

const working: ReadonlySet<Step["kind"]> = new Set(["llm", "tool", "retrieval"]);

/**
 * Who speaks in the steps that name no agent themselves: the agent whose turn a workflow's own steps announce, the node of a graph
 * in which nodes hand over to each other, the agent that a delegating tool call works for. Empty where nothing says it.
 *
 * @param steps in order of what happened
 * @source conventions.md 1.18, 1.23
 */
export function speakersOf(steps: readonly Step[]): Speakers {
  const found = new Map<Step, string>();
  byTurn(steps, found);
  byNode(steps, found);
  byDelegation(steps, found);
  return found;
}

/** Only LlamaIndex announces turns. */
function announcesTurns(step: Step): boolean {
  return step.span.scope.name.includes("llama");
}

function byTurn(steps: readonly Step[], found: Map<Step, string>): void {
  if (!steps.some(announcesTurns)) return;
  let turn: string | null = null;
  let earlier: Step[] = [];
  for (const step of steps) {
    const named = step.kind === "chain" ? findText(step.span, "speaker") : null;
    if (named !== null) {
      turn = named;
      // What happened before the first announcement belongs to it too.
      for (const before of earlier) found.set(before, named);
      earlier = [];
    }
    if (!working.has(step.kind)) continue;
    if (turn === null) earlier.push(step);
    else found.set(step, turn);
  }
}

/** A graph's nodes are agents only where they hand over: else they are stages of a pipeline. */
function byNode(steps: readonly Step[], found: Map<Step, string>): void {
  const hands = steps.some((step) => step.kind === "tool" && isPassingName(toolName(step)));
  if (!hands) return;
  for (const step of steps) {
    const node = working.has(step.kind) && !found.has(step) ? findText(step.span, "node") : null;
    if (node !== null) found.set(step, node);
  }
}

function toolName(step: Step): string {
  return findText(step.span, "toolName") ?? step.span.name;
}

/** Below a call that delegates, its target works, where no span of an agent says who. */
function byDelegation(steps: readonly Step[], found: Map<Step, string>): void {
  for (const step of steps) {
    if (step.kind !== "tool" || step.children.length === 0) continue;
    const target = workerIn(step);
    if (target === null) continue;
    const mark = (node: Step): void => {
      for (const child of node.children) {
        if (working.has(child.kind)) found.set(child, target);
        mark(child);
      }
    };
    mark(step);
  }
}

/** Who works below a tool call: the one whom a delegation names, or an agent that has no name but the call's. */
function workerIn(step: Step): string | null {
  const agents = agentsBelow(step);
  if (agents.some((agent) => isNamed(agent))) return null;
  if (agents.length > 0) return toolName(step);
  if (!isPassingName(toolName(step))) return null;
  const args = find(step.span, "toolArgs");
  return args === null ? null : namedTarget(parse(args.value).value);
}

/** The agents somewhere below a step, outer before inner. */
export function agentsBelow(step: Step): readonly Step[] {
  return step.children.flatMap((child) => [
    ...(child.kind === "agent" ? [child] : []),
    ...agentsBelow(child),
  ]);
}

function isNamed(agent: Step): boolean {
  const names = [findText(agent.span, "agentName"), findText(agent.span, "agentSpanName")];
  return names.some((name) => name !== null && !noAgents.has(name));
}
