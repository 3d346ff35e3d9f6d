import type { SpanId } from "../model/ids.ts";
import type { LlmCall, Run } from "../model/run.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import type { ReadCall } from "./calls.ts";
import type { Group } from "./group.ts";
import type { HandoffRead } from "./handoffs.ts";
import type { RetrievalRead } from "./retrievals.ts";
import type { ToolRead } from "./tools.ts";

/** Everything read from a group's steps, in its own order, before it is numbered. */
export interface Parts {
  readonly group: Group;
  readonly calls: readonly ReadCall[];
  /** The model calls, and what other steps tell of what was said where these say nothing. */
  readonly talk: readonly ReadCall[];
  readonly tools: readonly ToolRead[];
  readonly retrievals: readonly RetrievalRead[];
  readonly handoffs: readonly HandoffRead[];
  readonly settings: WorkflowSettings;
  readonly sole: string | null;
}

export interface Numbered {
  readonly calls: readonly LlmCall[];
  readonly tools: readonly ToolRead[];
  readonly retrievals: Run["retrievals"];
  readonly handoffs: Run["handoffs"];
  readonly seqOf: (spanId: SpanId) => number;
}

/** Numbers everything that happened in one sequence: by start, the asking call before the tool it asked for. */
export function number(parts: Parts): Numbered {
  const entries = [
    ...parts.group.steps.map((step) => ({
      key: String(step.span.spanId),
      nanos: step.span.startNanos,
      rank: 0,
    })),
    ...parts.tools
      .filter((read) => read.steps.length === 0)
      .map((read) => ({ key: read.call.id, nanos: read.nanos, rank: 1 })),
  ];
  const ordered = entries
    .map((entry, index) => ({ ...entry, index }))
    .toSorted((a, b) =>
      a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : a.rank - b.rank || a.index - b.index,
    );
  const seqs = new Map(ordered.map((entry, index) => [entry.key, index]));
  const seqOf = (key: string | undefined): number => (key === undefined ? 0 : (seqs.get(key) ?? 0));
  const tools = parts.tools.map((read) => ({
    ...read,
    call: { ...read.call, seq: seqOf(read.steps[0]?.span.spanId ?? read.call.id) },
  }));
  const requested = new Map<string, string[]>();
  for (const { call } of tools) {
    if (call.requestedBy !== null)
      requested.set(call.requestedBy, [...(requested.get(call.requestedBy) ?? []), call.id]);
  }
  const calls = parts.calls.map(({ step, tools: _tools, ...call }): LlmCall => ({
    ...call,
    seq: seqOf(step.span.spanId),
    requested: requested.get(step.span.spanId) ?? [],
  }));
  const bySpan = (ids: readonly string[], fallback: string): number => seqOf(ids[0] ?? fallback);
  return {
    calls,
    tools,
    retrievals: parts.retrievals.map(({ retrieval }) => ({
      ...retrieval,
      seq: bySpan(retrieval.spanIds, retrieval.id),
    })),
    handoffs: parts.handoffs.map(({ handoff, toolId }) => ({
      ...handoff,
      seq: seqOf(handoff.spanId ?? toolId ?? undefined),
    })),
    seqOf,
  };
}
