import { recordKey } from "@rootward/pipeline/model/review";
import type { ReviewRecord } from "@rootward/pipeline/model/review";
import { blockOf } from "./native.ts";
import type { TableShape } from "./native.ts";
import type { Block } from "./record-blocks.ts";

const reviewShape = {
  id: "String",
  at: "String",
  kind: "String",
  run_id: "String",
  workflow: "String",
  environment: "String",
  author: "String",
  at_ms: "Int64",
  verdict: "String",
  note: "String",
  codes: "Array(String)",
  failure_mode: "String",
  content: "String",
  version: "UInt64",
} as const satisfies TableShape;

/** Annotations, failure modes and batches, each record once; what SQL reads of annotations stands in columns of its own. */
export function reviewsBlock(records: readonly ReviewRecord[], version: bigint): Block {
  const unique = new Map(records.map((record) => [recordKey(record), record]));
  const rows = [...unique.values()].map((record) => {
    const annotation = record.kind === "annotation" ? record : null;
    return {
      id: record.id,
      at: record.at,
      kind: record.kind,
      run_id: annotation?.run ?? "",
      workflow: record.workflow,
      environment: record.environment,
      author: record.kind === "annotation" ? record.reviewer : record.by,
      at_ms: BigInt(Date.parse(record.at)),
      verdict: annotation?.verdict ?? "",
      note: annotation?.note ?? "",
      codes: annotation?.codes ?? [],
      failure_mode: annotation?.failureMode ?? "",
      content: JSON.stringify(record),
      version,
    };
  });
  return {
    table: "stored_reviews",
    columns: Object.keys(reviewShape),
    bytes: blockOf(reviewShape, rows),
    rows: rows.length,
  };
}
