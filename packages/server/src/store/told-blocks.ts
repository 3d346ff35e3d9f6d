import type { AcceptedBaseline } from "@rootward/pipeline/model/accepted";
import type { FrozenReference } from "@rootward/pipeline/model/baseline";
import { gateHead, toldKey } from "@rootward/pipeline/model/case-told";
import type { GateRecord, StoredCase, StoredClosure } from "@rootward/pipeline/model/case-told";
import type { Change } from "@rootward/pipeline/model/change";
import { checkKey } from "@rootward/pipeline/model/check-result";
import type { CheckResult } from "@rootward/pipeline/model/check-result";
import type { ClusterDecision } from "@rootward/pipeline/model/decision";
import type { ReviewRecord } from "@rootward/pipeline/model/review";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import type { Cell, TableShape } from "./native.ts";
import type { Block } from "./record-blocks.ts";
import { blockIn, whole } from "./run-blocks.ts";

const kept = { content: "String", version: "UInt64" } as const satisfies TableShape;

/** Things that are kept whole, as JSON in `content`; what SQL reads of them stands in columns of its own. */
function toldBlock<T, S extends TableShape>(
  table: string,
  shape: S,
  {
    told,
    cells,
    version,
  }: {
    readonly told: readonly T[];
    readonly cells: (one: T) => Readonly<Record<keyof S & string, Cell>>;
    readonly version: bigint;
  },
): Block {
  const rows = told.map((one) => ({ ...cells(one), content: JSON.stringify(one), version }));
  return blockIn(table, { ...shape, ...kept }, rows);
}

/** Changes that were told. */
export function changesBlock(told: readonly Change[], version: bigint): Block {
  const shape = {
    id: "String",
    at_ms: "Int64",
    kind: "String",
    workflow: "String",
    environment: "String",
    service: "String",
    title: "String",
    before: "String",
    after: "String",
    origin: "String",
  } as const;
  const cells = (change: Change) => ({
    id: change.id,
    at_ms: whole(change.atMs),
    kind: change.kind,
    workflow: change.workflow ?? "",
    environment: change.environment ?? "",
    service: change.service ?? "",
    title: change.title,
    before: change.before ?? "",
    after: change.after ?? "",
    origin: change.origin,
  });
  return toldBlock("stored_changes", shape, { told, cells, version });
}

/** What people said about the origins of runs. */
export function rulingsBlock(told: readonly Ruling[], version: bigint): Block {
  const shape = {
    id: "String",
    run_id: "String",
    at_ms: "Int64",
    workflow: "String",
    environment: "String",
    ruling: "String",
    span_id: "String",
    step: "String",
    author: "String",
    note: "String",
  } as const;
  const cells = (ruling: Ruling) => ({
    id: ruling.id,
    run_id: ruling.runId,
    at_ms: whole(ruling.atMs),
    workflow: ruling.workflow,
    environment: ruling.environment,
    ruling: ruling.ruling,
    span_id: ruling.step.spanId,
    step: ruling.step.name,
    author: ruling.by ?? "",
    note: ruling.note ?? "",
  });
  return toldBlock("stored_rulings", shape, { told, cells, version });
}

/** What persons found, by the check it is a result of. */
export function checksBlock(told: readonly CheckResult[], version: bigint): Block {
  const shape = { key: "String", cluster: "String", at_ms: "Int64" } as const;
  const cells = (result: CheckResult) => ({
    key: checkKey(result),
    cluster: result.cluster,
    at_ms: whole(result.atMs),
  });
  return toldBlock("stored_checks", shape, { told, cells, version });
}

/** What people decided about clusters. */
export function decisionsBlock(told: readonly ClusterDecision[], version: bigint): Block {
  const shape = { id: "String", at_ms: "Int64", kind: "String" } as const;
  const cells = ({ id, atMs, kind }: ClusterDecision) => ({ id, at_ms: whole(atMs), kind });
  return toldBlock("stored_decisions", shape, { told, cells, version });
}

/** Baselines that a person accepted. */
export function baselinesBlock(told: readonly AcceptedBaseline[], version: bigint): Block {
  const shape = {
    id: "String",
    workflow: "String",
    environment: "String",
    from_ms: "Int64",
  } as const;
  const cells = ({ id, workflow, environment, fromMs }: AcceptedBaseline) => ({
    id,
    workflow,
    environment,
    from_ms: whole(fromMs),
  });
  return toldBlock("stored_baselines", shape, { told, cells, version });
}

/** Which runs are the first baselines of flows. */
export function referencesBlock(told: readonly FrozenReference[], version: bigint): Block {
  const shape = { workflow: "String", environment: "String", id: "String" } as const;
  const cells = ({ workflow, environment, id }: FrozenReference) => ({ workflow, environment, id });
  return toldBlock("stored_references", shape, { told, cells, version });
}

/** Which runs are the references of accepted baselines. */
export function acceptedReferencesBlock(told: readonly FrozenReference[], version: bigint): Block {
  const shape = { accepted: "String", id: "String" } as const;
  const cells = ({ accepted = "", id }: FrozenReference) => ({ accepted, id });
  return toldBlock("stored_accepted_references", shape, { told, cells, version });
}

/** What repositories told of their cases. */
export function casesBlock(told: readonly StoredCase[], version: bigint): Block {
  const shape = {
    key: "String",
    source: "String",
    id: "String",
    cluster: "String",
    status: "String",
  } as const;
  const cells = (one: StoredCase) => ({
    key: toldKey(one),
    source: one.source,
    id: one.id,
    cluster: one.cluster ?? "",
    status: one.status,
  });
  return toldBlock("stored_cases", shape, { told, cells, version });
}

/** What repositories told of their closures. */
export function closuresBlock(told: readonly StoredClosure[], version: bigint): Block {
  const shape = { key: "String", source: "String", id: "String", cluster: "String" } as const;
  const cells = ({ source, closure: { id, cluster } }: StoredClosure) => ({
    key: toldKey({ source, id }),
    source,
    id,
    cluster,
  });
  return toldBlock("stored_closures", shape, { told, cells, version });
}

/** Results of gates; `head` is what a list shows of one. */
export function gateResultsBlock(told: readonly GateRecord[], version: bigint): Block {
  const shape = {
    id: "String",
    at_ms: "Int64",
    source: "String",
    commit: "String",
    outcome: "String",
    head: "String",
  } as const;
  const cells = (record: GateRecord) => ({
    id: record.id,
    at_ms: whole(record.atMs),
    source: record.source,
    commit: record.commit ?? "",
    outcome: record.verdict.outcome,
    head: JSON.stringify(gateHead(record)),
  });
  return toldBlock("stored_gate_results", shape, { told, cells, version });
}

/** Annotations, failure modes and batches. */
export function reviewsBlock(told: readonly ReviewRecord[], version: bigint): Block {
  const shape = {
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
  } as const;
  const cells = (record: ReviewRecord) => {
    const annotation = record.kind === "annotation" ? record : null;
    return {
      id: record.id,
      at: record.at,
      kind: record.kind,
      run_id: annotation?.run ?? "",
      workflow: record.workflow,
      environment: record.environment,
      author: record.kind === "annotation" ? record.reviewer : record.by,
      at_ms: Date.parse(record.at),
      verdict: annotation?.verdict ?? "",
      note: annotation?.note ?? "",
      codes: annotation?.codes ?? [],
      failure_mode: annotation?.failureMode ?? "",
    };
  };
  return toldBlock("stored_reviews", shape, { told, cells, version });
}
