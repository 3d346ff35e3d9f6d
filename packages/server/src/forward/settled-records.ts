import { policy } from "@rootward/pipeline/model/policy";
import type { Span } from "@rootward/pipeline/model/span";
import { writtenAttributes } from "@rootward/pipeline/signals/written";
import { type AddedValue, recordsOf, type WireRecord } from "@rootward/pipeline/wire/otlp-request";
import type { Outlined, RunOutline } from "../settling/settler.ts";
import type { Remembered } from "./remembered.ts";

type Added = ReadonlyMap<string, AddedValue>;

const nothing: Added = new Map();

/**
 * The spans of settled traces that were not taken before, each agent's with the readings of what it did, the root's with those of
 * the run. An agent that acted more than once has them on the span of its last turn. What a span says of itself stays as it is.
 */
export function settledRecords(
  settled: readonly Outlined[],
  remembered: Remembered,
): readonly WireRecord[] {
  return settled.flatMap((one) => {
    const readings = readingsOf(one.runs);
    const spans = one.content.spans.filter(({ traceId, spanId }) =>
      remembered.isNew(traceId, spanId),
    );
    return recordsOf(spans, (span) => missingFrom(span, readings.get(keyOf(span)) ?? nothing));
  });
}

function keyOf({ traceId, spanId }: Pick<Span, "traceId" | "spanId">): string {
  return `${traceId}/${spanId}`;
}

function readingsOf(runs: readonly RunOutline[]): ReadonlyMap<string, Added> {
  const readings = new Map<string, Added>();
  const most = policy("forwardListMost");
  for (const { run, signals, agentSignals, digest } of runs) {
    const note = (spanId: Span["spanId"], added: Added): void => {
      for (const traceId of run.traceIds) readings.set(keyOf({ traceId, spanId }), added);
    };
    const lastTurns = new Map(run.agents.map((agent) => [agent.name, agent]));
    for (const [name, { spanId }] of lastTurns) {
      const own = agentSignals.get(name);
      const lists = { ungrounded: [], violations: [] };
      if (own !== undefined) note(spanId, writtenAttributes(own, lists, most));
    }
    const { ungrounded, violations } = digest;
    if (run.rootSpanId !== null) {
      note(run.rootSpanId, writtenAttributes(signals, { ungrounded, violations }, most));
    }
  }
  return readings;
}

function missingFrom({ attributes }: Span, added: Added): Added {
  return new Map([...added].filter(([key]) => !attributes.has(key)));
}
