import type { OtlpBody } from "../model/batch.ts";
import type { TraceId } from "../model/ids.ts";
import type { LogRecord, Resource, Scope, Span } from "../model/span.ts";
import { encodeBody, encodeLog, encodeSpan, writer, written } from "../wire/otlp-encode.ts";

/** A body that may be sent, how many records it holds, and of which traces. */
export interface Packed {
  readonly body: OtlpBody;
  readonly records: number;
  readonly traceIds: ReadonlySet<TraceId>;
}

interface Limits {
  /** Bytes of records in one body; one record that is larger makes a body of its own. */
  readonly bytes: number;
  readonly records: number;
}

/** Puts records into bodies of bounded size, in the order in which they come. */
export interface Packer {
  /** @returns the bodies that this filled */
  add(records: { readonly spans: readonly Span[]; readonly logs: readonly LogRecord[] }): Packed[];
  /** What is left. */
  flush(): Packed[];
}

/** A packer of OTLP/protobuf bodies of spans and of log records. */
export function newPacker(limits: Limits): Packer {
  const spans = newPile("traces", limits);
  const logs = newPile("logs", limits);
  return {
    add: (records) => [
      ...records.spans.flatMap((span) => spans.add(span, encodedSpan(span))),
      ...records.logs.flatMap((log) => logs.add(log, encodedLog(log))),
    ],
    flush: () => [...spans.flush(), ...logs.flush()],
  };
}

function encodedSpan(span: Span): Uint8Array {
  const into = writer();
  encodeSpan(into, span);
  return written(into);
}

function encodedLog(log: LogRecord): Uint8Array {
  const into = writer();
  encodeLog(into, log);
  return written(into);
}

interface Pile {
  add(
    of: {
      readonly traceId: TraceId | null;
      readonly resource: Resource;
      readonly scope: Scope;
    },
    bytes: Uint8Array,
  ): readonly Packed[];
  flush(): readonly Packed[];
}

function newPile(signal: "traces" | "logs", limits: Limits): Pile {
  let groups: { resource: Resource; scope: Scope; records: Uint8Array[] }[] = [];
  let bytes = 0;
  let records = 0;
  let traceIds = new Set<TraceId>();
  const flush = (): readonly Packed[] => {
    if (records === 0) return [];
    const into = writer();
    encodeBody(into, groups);
    const body = { signal, encoding: "protobuf", bytes: written(into) } as const;
    const packed = { body, records, traceIds };
    traceIds = new Set();
    groups = [];
    bytes = 0;
    records = 0;
    return [packed];
  };
  return {
    add({ traceId, resource, scope }, record) {
      const full = bytes + record.length > limits.bytes || records >= limits.records;
      const done = full ? flush() : [];
      const last = groups.at(-1);
      if (last?.resource === resource && last.scope === scope) last.records.push(record);
      else groups.push({ resource, scope, records: [record] });
      if (traceId !== null) traceIds.add(traceId);
      bytes += record.length;
      records += 1;
      return done;
    },
    flush,
  };
}
