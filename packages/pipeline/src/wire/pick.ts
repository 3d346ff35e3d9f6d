import type { RecordColumns, RecordContext } from "../model/batch.ts";

/** Where something goes in new bytes. */
interface Copier {
  readonly bytes: Uint8Array<ArrayBuffer>;
  at: number;
}

function copied(from: Uint8Array, start: number, end: number, into: Copier): number {
  into.bytes.set(from.subarray(start, end), into.at);
  const at = into.at;
  into.at += end - start;
  return at;
}

/** Some rows of a batch as columns over bytes of their own, which hold what these rows need and no more. */
export function pickRows(
  columns: RecordColumns,
  rows: readonly number[],
): RecordColumns & { readonly bytes: Uint8Array<ArrayBuffer> } {
  const { bytes, starts, ends, contextOf } = columns;
  const wanted = [...new Set(rows.map((row) => contextOf[row] ?? 0))];
  const contexts = wanted.map((index) => columns.contexts[index] ?? nowhere);
  const resources = new Map(contexts.map((one) => [one.resourceStart, one.resourceEnd]));
  let size = 0;
  for (const row of rows) size += (ends[row] ?? 0) - (starts[row] ?? 0);
  for (const [start, end] of resources) size += end - start;
  for (const { scopeStart, scopeEnd } of contexts) size += scopeEnd - scopeStart;
  const into: Copier = { bytes: new Uint8Array(size), at: 0 };
  const resourceAt = new Map(
    [...resources].map(([start, end]) => [start, copied(bytes, start, end, into)]),
  );
  const moved = contexts.map((context): RecordContext => {
    const resourceStart = resourceAt.get(context.resourceStart) ?? 0;
    const scopeStart = copied(bytes, context.scopeStart, context.scopeEnd, into);
    return {
      resourceStart,
      resourceEnd: resourceStart + context.resourceEnd - context.resourceStart,
      scopeStart,
      scopeEnd: into.at,
    };
  });
  const places = new Map(wanted.map((index, at) => [index, at]));
  const picked = {
    bytes: into.bytes,
    starts: new Uint32Array(rows.length),
    ends: new Uint32Array(rows.length),
    contextOf: new Uint32Array(rows.length),
    contexts: moved,
  };
  for (const [at, row] of rows.entries()) {
    picked.starts[at] = copied(bytes, starts[row] ?? 0, ends[row] ?? 0, into);
    picked.ends[at] = into.at;
    picked.contextOf[at] = places.get(contextOf[row] ?? 0) ?? 0;
  }
  return picked;
}

const nowhere: RecordContext = { resourceStart: 0, resourceEnd: 0, scopeStart: 0, scopeEnd: 0 };
