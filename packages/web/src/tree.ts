import type { RunDigest, StepDigest } from "@rootward/pipeline/model/digest";
import type { SpanJson } from "./api.ts";

/** One row of the run's tree. A row without a span is a step that only messages show. */
export interface TreeRow {
  readonly id: string;
  readonly span: SpanJson | null;
  readonly step: StepDigest | null;
  readonly name: string;
  readonly kind: string;
  readonly depth: number;
  readonly parents: readonly string[];
  readonly children: number;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Milliseconds from the run's start; nanoseconds of this century do not fit a number, their difference does. */
function sinceStart(nanos: string, startNanos: bigint): number {
  return Number(BigInt(nanos) - startNanos) / 1e6;
}

const kindWords = {
  agent: "agent",
  llm: "model call",
  tool: "tool",
  retrieval: "retrieval",
  handoff: "hand-off",
  app: "application step",
} as const satisfies Record<StepDigest["kind"], string>;

function kindOf(step: StepDigest | null, span: SpanJson | null): string {
  return step === null
    ? span === null || span.kind === "internal"
      ? ""
      : span.kind
    : kindWords[step.kind];
}

/** Steps by the id of each span that belongs to them. */
function stepsBySpan(digest: RunDigest): ReadonlyMap<string, StepDigest> {
  const steps = new Map<string, StepDigest>();
  for (const step of digest.steps) {
    for (const id of step.alsoSpanIds) if (!steps.has(id)) steps.set(id, step);
    steps.set(step.spanId, step);
  }
  return steps;
}

function byParent(spans: readonly SpanJson[]): ReadonlyMap<string, readonly SpanJson[]> {
  const known = new Set(spans.map((span) => span.spanId));
  const children = new Map<string, SpanJson[]>();
  for (const span of spans) {
    const parent =
      span.parentSpanId !== null && known.has(span.parentSpanId) ? span.parentSpanId : "";
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [span]);
    else list.push(span);
  }
  for (const list of children.values())
    list.sort((a, b) =>
      BigInt(a.startNanos) < BigInt(b.startNanos) ? -1 : a.startNanos === b.startNanos ? 0 : 1,
    );
  return children;
}

/**
 * The rows of a run from the top down: spans below their parents by start, and steps without a span after the step before them.
 * A span whose parent was not received stands at the top. Walks with a list of its own, so that depth costs no stack.
 */
export function rowsOf(spans: readonly SpanJson[], digest: RunDigest): readonly TreeRow[] {
  const steps = stepsBySpan(digest);
  const children = byParent(spans);
  const start = spans.reduce(
    (least, span) => (BigInt(span.startNanos) < least ? BigInt(span.startNanos) : least),
    BigInt(spans[0]?.startNanos ?? 0),
  );
  const rows: TreeRow[] = [];
  const open: { readonly span: SpanJson; readonly parents: readonly string[] }[] = (
    children.get("") ?? []
  )
    .toReversed()
    .map((span) => ({ span, parents: [] }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, parents } = next;
    const below = children.get(span.spanId) ?? [];
    const step = steps.get(span.spanId) ?? null;
    const startMs = sinceStart(span.startNanos, start);
    rows.push({
      id: span.spanId,
      span,
      step,
      name: span.name,
      kind: kindOf(step, span),
      depth: parents.length,
      parents,
      children: below.length,
      startMs,
      durationMs: Math.max(0, sinceStart(span.endNanos, start) - startMs),
    });
    for (const child of below.toReversed())
      open.push({ span: child, parents: [...parents, span.spanId] });
  }
  return withMessageSteps(rows, digest);
}

function withMessageSteps(rows: TreeRow[], digest: RunDigest): readonly TreeRow[] {
  let at = -1;
  for (const step of digest.steps) {
    const found = rows.findIndex((row) => row.id === step.spanId);
    if (found >= 0) {
      at = found;
      continue;
    }
    const before = rows[at];
    rows.splice(at + 1, 0, {
      id: step.spanId,
      span: null,
      step,
      name: step.name,
      kind: kindOf(step, null),
      depth: before?.depth ?? 0,
      parents: before?.parents ?? [],
      children: 0,
      startMs: before === undefined ? 0 : before.startMs + before.durationMs,
      durationMs: 0,
    });
    at += 1;
  }
  return rows;
}
