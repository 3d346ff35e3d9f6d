import type { RecordColumns, SpanBatch } from "../model/batch.ts";
import type { Span } from "../model/span.ts";

interface Original {
  readonly columns: RecordColumns;
  readonly row: number;
}

const originals = new WeakMap<Span, Original>();

/** A span of a batch that remembers the bytes it came as, and keeps them alive as long as itself. */
export function spanWithOriginal(batch: SpanBatch, row: number): Span {
  const span = batch.span(row);
  originals.set(span, { columns: batch.columns, row });
  return span;
}

/** Where a span's own bytes stand; null for one that was read from the store. */
export function originalOf(span: Span): Original | null {
  return originals.get(span) ?? null;
}
