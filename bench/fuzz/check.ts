import { isDeepStrictEqual } from "node:util";
import type { SpanBatch } from "@rootward/pipeline/model/batch";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { read } from "@rootward/pipeline/ingest/read";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { policy } from "@rootward/pipeline/model/policy";
import { receive, truncatedAttribute, UnreadableBody } from "@rootward/pipeline/wire/receive";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { Received } from "@rootward/pipeline/wire/receive";
import { logsBlock, spansBlock } from "../../packages/server/src/store/record-blocks.ts";
import { blocksOfRuns } from "../../packages/server/src/store/run-blocks.ts";
import type { Case } from "./whole.ts";
import { levelNames, referenceBody, referenceOrigin, referenceRecord } from "./reference.ts";
import type { Expected } from "./reference.ts";

/** What a case came to. */
export interface Outcome {
  readonly accepted: number;
  readonly rejected: number;
  readonly isUnreadable: boolean;
  /** Accepted records that protobufjs accepts too: read alike, or the case is a problem. */
  readonly compared: number;
  readonly runs: number;
  readonly receiveMs: number;
  readonly readMs: number;
  /** Why records of a body that protobufjs takes whole were rejected. */
  readonly stricter: readonly string[];
}

/** What must never happen, with the case in which it did. */
export class Problem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Problem";
  }
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new Problem(`${what} threw ${why}`, { cause });
  }
}

const nothing: Outcome = {
  accepted: 0,
  rejected: 0,
  isUnreadable: true,
  compared: 0,
  runs: 0,
  receiveMs: 0,
  readMs: 0,
  stricter: [],
};

/**
 * Receives a body and reads what was accepted.
 *
 * @throws Problem  if anything is thrown but `UnreadableBody`, records are not accounted for, an intact one is refused or changed,
 *   or one is read otherwise than protobufjs reads it
 */
export function check(of: Case): Outcome {
  const before = Buffer.from(of.bytes);
  const start = performance.now();
  const received = attempt("receive", () => receivedOrNull(of));
  const receiveMs = performance.now() - start;
  if (received === null) {
    if (of.places !== null)
      throw new Problem("the body was refused as a whole, its records are known");
    return { ...nothing, receiveMs };
  }
  const { batch, rejections } = received;
  const reference = of.encoding === "protobuf" ? referenceBody(of.signal, of.bytes) : null;
  accountFor(of, received, reference);
  const { spans, logs } = attempt("decoding an accepted row", () => rowsOf(batch));
  const rows: readonly object[] = spans.length > 0 ? spans : logs;
  checkLengths([...spans, ...logs]);
  const rejectedAt = new Map(rejections.map(({ at, reason }) => [at, reason]));
  for (const [place, expected] of of.intact)
    if (rejectedAt.has(place))
      throw new Problem(
        `an intact record was rejected: ${rejectedAt.get(place)}: ${shown(expected)}`,
      );
  const intact = of.places === null ? 0 : compareAt(of.places, of.intact, rows, rejectedAt);
  attempt("writing the rows for the store", () => writeRows(batch));
  const compared =
    reference === null
      ? compareRows(batch, rows)
      : compareAt([...reference.keys()], without(reference, of.intact), rows, rejectedAt);
  const readStart = performance.now();
  const runs = of.isRead ? attempt("reading", () => readAll(spans, logs)) : 0;
  const readMs = performance.now() - readStart;
  if (!before.equals(of.bytes)) throw new Problem("the bytes of the body were changed");
  const stricter = reference === null ? [] : rejections.map(({ reason }) => reason);
  return {
    accepted: batch.length,
    rejected: rejections.length,
    isUnreadable: false,
    compared: intact + compared,
    runs,
    receiveMs,
    readMs,
    stricter,
  };
}

function receivedOrNull(of: Case): Received | null {
  try {
    return receive(of);
  } catch (cause) {
    if (cause instanceof UnreadableBody) return null;
    throw cause;
  }
}

function accountFor(
  of: Case,
  { batch, rejections }: Received,
  reference: ReadonlyMap<string, Expected> | null,
): void {
  const took = batch.length + rejections.length;
  const sent = of.places?.length ?? (of.encoding === "json" ? recordsInJson(of) : reference?.size);
  if (sent !== undefined && took !== sent)
    throw new Problem(
      `${sent} records, but ${batch.length} accepted and ${rejections.length} rejected`,
    );
}

/** How many records a JSON body has, told by lists alone; undefined where a level is not what it should be. */
function recordsInJson(of: Case): number | undefined {
  const [resources, scopes, records] = levelNames[of.signal];
  let count = 0;
  const lists = (value: unknown, name: string): readonly unknown[] | null => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const held: unknown = Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : [];
    return held === null ? [] : Array.isArray(held) ? held : null;
  };
  for (const resource of lists(JSON.parse(of.bytes.toString()), resources) ?? []) {
    const inside = lists(resource, scopes);
    if (inside === null) return undefined;
    for (const scope of inside) {
      const held = lists(scope, records);
      if (held === null) return undefined;
      count += held.length;
    }
  }
  return count;
}

/** What is not compared already. */
function without(
  reference: ReadonlyMap<string, Expected>,
  compared: ReadonlyMap<string, Expected>,
): ReadonlyMap<string, Expected> {
  return new Map([...reference].filter(([place]) => !compared.has(place)));
}

/** Whether something of a record was cut: then protobufjs, which cuts nothing, reads more. */
function isCut(record: object | undefined): boolean {
  const { attributes, resource } = record as Span | LogRecord;
  return attributes.has(truncatedAttribute) || resource.attributes.has(truncatedAttribute);
}

/** No key and no text of what is kept may be longer than the policy says. */
function checkLengths(records: readonly (Span | LogRecord)[]): void {
  for (const { attributes } of records)
    for (const [key, value] of attributes)
      if (Math.max(lengthOf(key), lengthOf(value)) > policy("attributeLimitBytes"))
        throw new Problem(`the attribute ${key.slice(0, 40)} is longer than is accepted`);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.reduce<number>((sum, each) => sum + lengthOf(each), 0) : 0;
}

/** Compares rows with what must be read, by place. @returns how many were compared */
function compareAt(
  places: readonly string[],
  expected: ReadonlyMap<string, Expected>,
  rows: readonly object[],
  rejectedAt: ReadonlyMap<string, string>,
): number {
  let row = 0;
  let compared = 0;
  for (const place of places) {
    if (rejectedAt.has(place)) continue;
    const wanted = expected.get(place);
    if (wanted !== undefined && !isCut(rows[row])) {
      compareOne(rows[row], wanted, place);
      compared += 1;
    }
    row += 1;
  }
  return compared;
}

function compareOne(found: unknown, expected: unknown, place: string): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Problem(
    `a record is read otherwise than by protobufjs, ${difference(found, expected, place)}`,
  );
}

/** The first part in which two values differ. */
function difference(found: unknown, expected: unknown, place: string): string {
  const parts = (of: unknown): ReadonlyMap<unknown, unknown> | null => {
    if (of instanceof Map) return of;
    if (typeof of !== "object" || of === null || of instanceof Uint8Array) return null;
    return new Map(Object.entries(of));
  };
  const [ours, theirs] = [parts(found), parts(expected)];
  for (const key of ours === null || theirs === null
    ? []
    : new Set([...ours.keys(), ...theirs.keys()]))
    if (!isDeepStrictEqual(ours?.get(key), theirs?.get(key)))
      return difference(ours?.get(key), theirs?.get(key), `${place}.${String(key)}`);
  return `${place}: ${shown(found)} instead of ${shown(expected)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === "bigint") return `${each}n`;
    if (each instanceof Map) return [...each];
    return Object.is(each, -0) ? "-0" : typeof each === "number" ? String(each) : each;
  });
  return (text ?? "nothing").slice(0, 600);
}

function writeRows(batch: SpanBatch): void {
  if (batch.length === 0) return;
  const block = batch.logCount > 0 ? logsBlock(batch, 1n) : spansBlock(batch, 1n);
  if (block.rows !== batch.length)
    throw new Problem(`a block of ${block.rows} rows of ${batch.length}`);
  for (let row = 0; row < batch.length; row += 1) {
    batch.traceIdAt(row);
    batch.identityAt(row);
  }
}

function compareRows(batch: SpanBatch, rows: readonly object[]): number {
  const { bytes, starts, ends, contextOf, contexts } = batch.columns;
  const origins = contexts.map(({ resourceStart, resourceEnd, scopeStart, scopeEnd }) =>
    referenceOrigin(
      bytes.subarray(resourceStart, resourceEnd),
      bytes.subarray(scopeStart, scopeEnd),
    ),
  );
  let compared = 0;
  for (const [row, found] of rows.entries()) {
    const slice = bytes.subarray(starts[row] ?? 0, ends[row] ?? 0);
    const bare = referenceRecord(batch.logCount > 0 ? "logs" : "traces", slice);
    const origin = origins[contextOf[row] ?? 0];
    if (bare === null || origin === null || origin === undefined || isCut(found)) continue;
    compareOne(found, { ...bare, ...origin }, `row ${row}`);
    compared += 1;
  }
  return compared;
}

const options = {
  settingsFor: () => noSettings,
  contractFor: () => null,
  map: [],
  closedBy: null,
};

/** Assembles, measures and digests spans and logs, and writes them as the store does. @returns how many runs there are */
function readAll(spans: readonly Span[], logs: readonly LogRecord[]): number {
  const runs = read({ spans, logs }, options);
  const digests = runs.map(({ digest }) => digest);
  const texts = runs.flatMap((run) => run.texts);
  blocksOfRuns(digests, texts, 1n);
  return runs.length;
}
