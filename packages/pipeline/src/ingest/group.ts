import type { TraceId } from "../model/ids.ts";
import type { ReadCall } from "./calls.ts";
import { find, findText } from "./fields.ts";
import { ancestors, inOrder } from "./steps.ts";
import type { Step } from "./steps.ts";
import { textOf } from "./value.ts";

/** The steps of one run. `isShared`: its trace holds other runs too. */
export interface Group {
  readonly steps: readonly Step[];
  readonly root: Step | null;
  readonly traceIds: readonly TraceId[];
  readonly isShared: boolean;
  /** Whether it is the earliest run of its first trace. */
  readonly isFirst: boolean;
}

/** Traces that belong together, by the smallest member. */
class Unions {
  readonly parents = new Map<string, string>();

  find(id: string): string {
    let root = id;
    for (;;) {
      const up = this.parents.get(root) ?? root;
      if (up === root) break;
      root = up;
    }
    this.parents.set(id, root);
    return root;
  }

  join(a: string, b: string): void {
    const one = this.find(a);
    const other = this.find(b);
    if (one !== other) this.parents.set(one < other ? other : one, one < other ? one : other);
  }
}

function isActor(step: Step): boolean {
  return step.kind === "agent" || step.kind === "workflow";
}

function joinLinked(unions: Unions, steps: readonly Step[]): void {
  const traces = new Set(steps.map((step) => step.span.traceId));
  const byResponse = new Map<string, Step>();
  for (const step of steps) {
    for (const link of step.span.links) {
      if (traces.has(link.traceId)) unions.join(step.span.traceId, link.traceId);
    }
    if (step.kind !== "llm") continue;
    const id =
      textOf(step.span.attributes.get("gen_ai.response.id")) ??
      textOf(step.span.attributes.get("ai.response.id"));
    if (id === null) continue;
    const other = byResponse.get(id);
    // Two instrumentations of one call: the same response while both were open.
    if (other !== undefined && overlap(step, other))
      unions.join(step.span.traceId, other.span.traceId);
    else byResponse.set(id, step);
  }
}

/** Whether two spans were open at one time. */
export function overlap(a: Step, b: Step): boolean {
  return a.span.startNanos <= b.span.endNanos && b.span.startNanos <= a.span.endNanos;
}

/** Plain clients make a trace of each call: the next call's history holds the ids of the calls that the last one asked for. */
function joinPlainClients(
  unions: Unions,
  steps: readonly Step[],
  calls: ReadonlyMap<Step, ReadCall>,
): void {
  const withActor = new Set(steps.filter(isActor).map((step) => step.span.traceId));
  const asked = new Map<string, Step>();
  let before: { readonly call: ReadCall; readonly session: string | null } | null = null;
  for (const step of steps) {
    if (step.kind !== "llm" || withActor.has(step.span.traceId)) continue;
    const call = calls.get(step);
    if (call === undefined) continue;
    const session = findText(step.span, "session");
    const previous = textOf(step.span.attributes.get("gen_ai.request.previous_response.id"));
    const remembered = call.input.flatMap((message) =>
      message.parts.flatMap((part) =>
        part.t === "call" || part.t === "result" ? [part.callId] : [],
      ),
    );
    for (const id of remembered) {
      const by = id === null ? undefined : asked.get(id);
      if (by !== undefined) unions.join(by.span.traceId, step.span.traceId);
    }
    const continues =
      before !== null &&
      before.call.finish === "tool_call" &&
      ((session !== null && session === before.session) ||
        (previous !== null && previous === before.call.responseId) ||
        continuesTurn(before.call, call));
    if (before !== null && continues) unions.join(before.call.step.span.traceId, step.span.traceId);
    for (const part of call.output.flatMap((message) => message.parts)) {
      if (part.t === "call" && part.callId !== null) asked.set(part.callId, step);
    }
    before = { call, session };
  }
}

/** Without ids: the next history begins with the last one and adds the tools' results. */
function continuesTurn(before: ReadCall, call: ReadCall): boolean {
  const head = JSON.stringify(before.input.slice(0, before.input.length));
  return (
    before.input.length > 0 &&
    call.input.length > before.input.length &&
    JSON.stringify(call.input.slice(0, before.input.length)) === head
  );
}

/** Topmost agents and workflows of a trace. */
function topmost(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => {
    if (!isActor(step)) return false;
    for (let up = step.parent; up !== null; up = up.parent) if (isActor(up)) return false;
    return true;
  });
}

/** Agents side by side below one parent, which may never arrive, are one run; so are those whose lost parent lay within another. */
function buckets(tops: readonly Step[]): readonly (readonly Step[])[] {
  const byParent = new Map<string, Step[]>();
  for (const top of tops) {
    const { spanId } = top.span;
    const key = graphAbove(top) ?? aboveTransport(top) ?? `root ${spanId}`;
    byParent.set(key, [...(byParent.get(key) ?? []), top]);
  }
  const all = [...byParent.values()];
  const whole = all.filter((one) => one[0]?.span.parentSpanId === null);
  const orphans = all.filter((one) => one[0]?.span.parentSpanId !== null);
  const result = whole.map((one) => [...one]);
  for (const orphan of orphans) {
    const around = result.find((one) =>
      one.some((top) => orphan.every((other) => within(other, top))),
    );
    if (around === undefined) result.push([...orphan]);
    else around.push(...orphan);
  }
  return result;
}

/** The id of a framework's own container at the root of the trace, of which the agents below are parts; null without one. */
function graphAbove(top: Step): string | null {
  const root = ancestors(top).at(-1);
  const isContainer =
    root !== undefined &&
    root.kind === "chain" &&
    root.convention !== "app" &&
    root.span.parentSpanId === null &&
    find(root.span, "output") !== null;
  return isContainer ? root.span.spanId : null;
}

/** The id of the step that a top hangs from, past the spans by which a runtime delivers messages; null where it is a root. */
function aboveTransport(top: Step): string | null {
  let up = top.parent;
  let id = top.span.parentSpanId;
  while (up !== null && up.convention === "autogen") {
    id = up.span.parentSpanId;
    up = up.parent;
  }
  return id;
}

function within(inner: Step, outer: Step): boolean {
  return (
    inner.parent === null &&
    inner.span.startNanos >= outer.span.startNanos &&
    inner.span.startNanos <= outer.span.endNanos
  );
}

/** Only what a run can be made of: a trace without model call, tool, message or answer is none. */
function isRun(steps: readonly Step[]): boolean {
  return steps.some(
    (step) =>
      ["llm", "tool", "retrieval", "handoff", "agent", "workflow"].includes(step.kind) ||
      (step.kind === "chain" && step.convention !== "app" && find(step.span, "output") !== null),
  );
}

/** The steps of each run, by its topmost steps. A trace may hold thousands of runs: each step is looked at once. */
function assign(
  steps: readonly Step[],
  tops: readonly (readonly Step[])[],
): readonly (readonly Step[])[] {
  const lists: Step[][] = tops.map(() => []);
  const indexOf = new Map<Step, number>();
  tops.forEach((list, index) => list.forEach((top) => indexOf.set(top, index)));
  const above = new Set([...indexOf.keys()].flatMap(ancestors));
  const nearest = nearestAmong(indexOf);
  for (const step of steps) {
    let own: number | undefined;
    for (let up: Step | null = step; up !== null && own === undefined; up = up.parent)
      own = indexOf.get(up);
    if (own === undefined && above.has(step)) continue;
    own ??= nearest(step);
    lists[own]?.push(step);
  }
  return lists;
}

/**
 * A step outside all runs of its trace belongs to the one that was open when it began, else to the last before it. To be asked in
 * order of start.
 */
function nearestAmong(indexOf: ReadonlyMap<Step, number>): (step: Step) => number {
  const tops = [...indexOf].toSorted(([a], [b]) => inOrder(a, b));
  let next = 0;
  let last = 0;
  let open: (readonly [Step, number])[] = [];
  return ({ span }) => {
    for (let top = tops[next]; top !== undefined; top = tops[next]) {
      if (top[0].span.startNanos > span.startNanos) break;
      open.push(top);
      last = Math.max(last, top[1]);
      next += 1;
    }
    open = open.filter(([top]) => top.span.endNanos >= span.startNanos);
    return open.length === 0
      ? last
      : open.reduce((least, [, index]) => Math.min(least, index), last);
  };
}

function tracesOf(steps: readonly Step[]): readonly TraceId[] {
  return [...new Set(steps.map((step) => step.span.traceId))];
}

/** The topmost actor; without one the earliest step without a parent, the one with steps below it first. */
function rootOf(steps: readonly Step[], tops: readonly Step[]): Step | null {
  const [top] = tops;
  if (top !== undefined) {
    if (tops.length === 1) return top;
    const graph = ancestors(top).at(-1);
    return (graphAbove(top) === null ? top.parent : graph) ?? top;
  }
  const roots = steps.filter((step) => step.parent === null);
  return roots.find((step) => step.span.parentSpanId === null) ?? roots[0] ?? null;
}

/**
 * Which steps make a run: the topmost agent or workflow and all below it, several where they share a parent, one each where they do
 * not; traces joined by links, by a response seen twice, by the ids of tool calls that a later history repeats.
 *
 * @param calls the model calls among the steps, read
 * @source conventions.md 3.0
 */
export function groupsOf(
  steps: readonly Step[],
  calls: ReadonlyMap<Step, ReadCall>,
): readonly Group[] {
  const unions = new Unions();
  const traces = new Set(steps.map((step) => step.span.traceId));
  if (traces.size > 1) {
    joinLinked(unions, steps);
    joinPlainClients(unions, steps, calls);
  }
  const byUnion = new Map<string, Step[]>();
  for (const step of steps) {
    const key = unions.find(step.span.traceId);
    const list = byUnion.get(key);
    if (list === undefined) byUnion.set(key, [step]);
    else list.push(step);
  }
  return [...byUnion.values()].flatMap(split);
}

function split(steps: readonly Step[]): readonly Group[] {
  if (!isRun(steps)) return [];
  const tops = topmost(steps);
  const traceIds = tracesOf(steps);
  const sets = traceIds.length > 1 ? [tops] : buckets(tops);
  if (sets.length <= 1) {
    return [{ steps, root: rootOf(steps, tops), traceIds, isShared: false, isFirst: true }];
  }
  const lists = assign(steps, sets);
  return sets
    .map((list, index) => ({
      steps: lists[index] ?? [],
      root: rootOf(lists[index] ?? [], list),
      traceIds,
      isShared: true,
      isFirst: index === 0,
    }))
    .filter((group) => isRun(group.steps));
}
