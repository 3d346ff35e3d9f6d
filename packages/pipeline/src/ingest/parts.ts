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
  /** Evaluations that came beside the spans. */
  readonly feedback: Run["evaluations"];
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
  const seqs = sequenceOf(parts);
  const seqOf = (key: string | undefined): number => (key === undefined ? 0 : (seqs.get(key) ?? 0));
  const tools = parts.tools.map((read) => ({
    ...read,
    call: { ...read.call, seq: seqOf(read.steps[0]?.span.spanId ?? read.call.id) },
  }));
  const requested = new Map<string, string[]>();
  for (const { call } of tools) {
    if (call.requestedBy === null) continue;
    const ids = requested.get(call.requestedBy);
    if (ids === undefined) requested.set(call.requestedBy, [call.id]);
    else ids.push(call.id);
  }
  const calls = parts.calls.map((call) =>
    numbered(call, seqOf(call.spanId), requested.get(call.spanId) ?? []),
  );
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

/** The place of every step, and of every call that only messages show, in the order of what happened. */
function sequenceOf(parts: Parts): ReadonlyMap<string, number> {
  const seqs = new Map<string, number>();
  const told = parts.tools.filter((read) => read.steps.length === 0);
  told.sort((a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0));
  let next = 0;
  // The steps are in order of their start already.
  for (const step of parts.group.steps) {
    for (let read = told[next]; read !== undefined; read = told[next]) {
      if (read.nanos >= step.span.startNanos) break;
      seqs.set(read.call.id, seqs.size);
      next += 1;
    }
    seqs.set(step.span.spanId, seqs.size);
  }
  for (const read of told.slice(next)) seqs.set(read.call.id, seqs.size);
  return seqs;
}

/** One literal and no copies: a run has many calls. */
function numbered(call: ReadCall, seq: number, requested: readonly string[]): LlmCall {
  return {
    spanId: call.spanId,
    seq,
    agent: call.agent,
    provider: call.provider,
    modelRequested: call.modelRequested,
    modelAnswered: call.modelAnswered,
    modelBuild: call.modelBuild,
    responseId: call.responseId,
    system: call.system,
    input: call.input,
    output: call.output,
    finish: call.finish,
    usage: call.usage,
    logprobs: call.logprobs,
    requested,
    failure: call.failure,
    startNanos: call.startNanos,
    endNanos: call.endNanos,
  };
}
