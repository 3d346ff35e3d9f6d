import type { Convention } from "../model/run.ts";
import type { LogRecord, Span } from "../model/span.ts";
import { findText } from "./fields.ts";
import { detect } from "./kinds.ts";
import type { StepKind } from "./kinds.ts";
import { noAgents } from "./no-agents.ts";
import { speakersOf } from "./speakers.ts";

/** A span whose role is known, in its tree. `children` are in order of start. */
export interface Step {
  readonly span: Span;
  readonly kind: StepKind;
  readonly convention: Convention;
  readonly depth: number;
  readonly parent: Step | null;
  readonly children: readonly Step[];
  readonly logs: readonly LogRecord[];
  /** Who acts here by what the steps around it say; null where they say nothing. */
  readonly speaker: string | null;
}

interface Growing extends Step {
  speaker: string | null;
  parent: Growing | null;
  children: Growing[];
  depth: number;
  kind: StepKind;
}

/** A span seen twice is one: the fuller copy, whatever the order in which they came. */
function distinct(spans: readonly Span[]): readonly Span[] {
  const byId = new Map<string, Span>();
  for (const span of spans) {
    const key = `${span.traceId}:${span.spanId}`;
    const other = byId.get(key);
    if (other === undefined || fuller(span, other)) byId.set(key, span);
  }
  return [...byId.values()];
}

function fuller(span: Span, other: Span): boolean {
  if (span.endNanos !== other.endNanos) return span.endNanos > other.endNanos;
  if (span.attributes.size !== other.attributes.size) {
    return span.attributes.size > other.attributes.size;
  }
  return span.events.length > other.events.length;
}

function logKey(traceId: string | null, spanId: string | null): string {
  return `${traceId ?? ""}:${spanId ?? ""}`;
}

/**
 * The steps of some traces as trees, in the order in which they happened: start, then outer before inner, then end, then id. The
 * order and the duplication of the spans change nothing.
 */
export function stepsOf(spans: readonly Span[], logs: readonly LogRecord[]): readonly Step[] {
  const logsBySpan = new Map<string, LogRecord[]>();
  for (const log of logs) {
    const key = logKey(log.traceId, log.spanId);
    const list = logsBySpan.get(key);
    if (list === undefined) logsBySpan.set(key, [log]);
    else list.push(log);
  }
  for (const list of logsBySpan.values()) list.sort(byTime);
  const byId = new Map<string, Growing>();
  for (const span of distinct(spans)) {
    const key = logKey(span.traceId, span.spanId);
    const own = logsBySpan.get(key) ?? [];
    byId.set(key, {
      span,
      ...detect(span),
      depth: 0,
      parent: null,
      children: [],
      logs: own,
      speaker: null,
    });
  }
  for (const step of byId.values()) {
    const parentId = step.span.parentSpanId;
    const parent = parentId === null ? undefined : byId.get(logKey(step.span.traceId, parentId));
    if (parent !== undefined && parent !== step) step.parent = parent;
  }
  const ordered = [...byId.values()];
  for (const step of ordered) step.depth = depthOf(step);
  ordered.sort(inOrder);
  for (const step of ordered) step.parent?.children.push(step);
  for (const step of ordered) if (isGroup(step)) step.kind = "workflow";
  const speakers = speakersOf(ordered);
  for (const step of ordered) step.speaker = speakers.get(step) ?? null;
  return ordered;
}

const depthLimit = 200;

/** Broken senders make circles: such a step is its own root. */
function depthOf(step: Growing): number {
  let depth = 0;
  for (let up = step.parent; up !== null; up = up.parent) {
    depth += 1;
    if (depth > depthLimit || up === step) {
      step.parent = null;
      return 0;
    }
  }
  return depth;
}

function byTime(a: LogRecord, b: LogRecord): number {
  return a.timeNanos < b.timeNanos ? -1 : a.timeNanos > b.timeNanos ? 1 : 0;
}

/** Order of what happened: start, outer before inner, end, id. */
export function inOrder(a: Step, b: Step): number {
  const { span: one } = a;
  const { span: other } = b;
  if (one.startNanos !== other.startNanos) return one.startNanos < other.startNanos ? -1 : 1;
  if (a.depth !== b.depth) return a.depth - b.depth;
  if (one.endNanos !== other.endNanos) return one.endNanos < other.endNanos ? -1 : 1;
  return one.spanId < other.spanId ? -1 : one.spanId > other.spanId ? 1 : 0;
}

/** Steps in the order in which they ended, the last first. */
export function byEnd(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((a, b) => (a.span.endNanos < b.span.endNanos ? 1 : -1));
}

/** An agent span with agents below and no work of its own is a group, not an actor. */
function isGroup(step: Growing): boolean {
  if (step.kind !== "agent") return false;
  let agents = 0;
  const hasWork = (node: Growing): boolean =>
    node.children.some((child) => {
      if (child.kind === "agent") {
        const name = agentNameOf(child);
        const isOther = name !== null && name !== agentNameOf(step);
        if (isOther) agents += 1;
        return !isOther && hasWork(child);
      }
      return ["llm", "tool", "retrieval", "handoff"].includes(child.kind) || hasWork(child);
    });
  return !hasWork(step) && agents > 0;
}

/** The name of the agent that a span names, by an attribute, or by its own name where it is an agent's span; else null. */
export function agentNameOf(step: Step): string | null {
  const own = findText(step.span, "agentName");
  if (own !== null && !noAgents.has(own)) return own;
  if (step.speaker !== null && !noAgents.has(step.speaker)) return step.speaker;
  if (step.kind !== "agent") return null;
  const named = findText(step.span, "agentSpanName");
  if (named !== null && !noAgents.has(named)) return named;
  return own === null &&
    named === null &&
    !/[\s.]/.test(step.span.name) &&
    !noAgents.has(step.span.name)
    ? step.span.name
    : null;
}

/** The agent at work in a step: named by itself, else by the nearest agent above; null where there is none. */
export function actorOf(step: Step): string | null {
  for (let up: Step | null = step; up !== null; up = up.parent) {
    const name = up === step || up.kind === "agent" ? agentNameOf(up) : null;
    if (name !== null) return name;
  }
  return null;
}

/** The steps above a step, nearest first. */
export function ancestors(step: Step): readonly Step[] {
  const found: Step[] = [];
  for (let up = step.parent; up !== null; up = up.parent) found.push(up);
  return found;
}

/** Whether a step stands somewhere below another. */
export function isBelow(step: Step, above: Step): boolean {
  for (let up = step.parent; up !== null; up = up.parent) if (up === above) return true;
  return false;
}
