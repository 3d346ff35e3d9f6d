import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { RunDigest, VersionText } from "@rootward/pipeline/model/digest";
import type { SignalName } from "@rootward/pipeline/model/signal";
import { blockOf } from "./native.ts";
import type { Cell, TableShape } from "./native.ts";
import type { Block } from "./record-blocks.ts";

/** A block of rows given as objects with exactly the columns of the shape. */
export function blockIn<S extends TableShape>(
  table: string,
  shape: S,
  rows: readonly Readonly<Record<keyof S & string, Cell>>[],
): Block {
  return { table, columns: Object.keys(shape), bytes: blockOf(shape, rows), rows: rows.length };
}

const signalColumns = {
  grounded: "Nullable(Float64)",
  grounded_method: "String",
  grounded_source: "String",
  grounded_absent: "String",
  fallback: "Nullable(Float64)",
  fallback_method: "String",
  fallback_source: "String",
  fallback_absent: "String",
  confidence: "Nullable(Float64)",
  confidence_method: "String",
  confidence_source: "String",
  confidence_absent: "String",
  downstream_ok: "Nullable(Float64)",
  downstream_ok_method: "String",
  downstream_ok_source: "String",
  downstream_ok_absent: "String",
} as const satisfies TableShape;

const runShape = {
  id: "String",
  replaced_by: "String",
  trace_ids: "Array(String)",
  workflow: "String",
  environment: "String",
  task_type: "String",
  session: "String",
  service: "String",
  started_ms: "Int64",
  ended_ms: "Int64",
  complete: "UInt8",
  failed: "Array(String)",
  error_class: "String",
  ...signalColumns,
  mapping: "UInt64",
  digest: "String",
  version: "UInt64",
} as const satisfies TableShape;

type SignalCells = Record<keyof typeof signalColumns, Cell>;

function cellsOf(run: RunDigest, name: SignalName) {
  const reading = run.signals[name];
  return reading.kind === "absent"
    ? { value: null, method: "", source: "", absent: reading.why }
    : { value: Number(reading.value), method: reading.method, source: reading.source, absent: "" };
}

/** The columns of the four signals. A value that is absent is null, never 0. */
function signalCells(run: RunDigest): SignalCells {
  const [grounded, fallback, confidence, downstream] = [
    cellsOf(run, "grounded"),
    cellsOf(run, "fallback"),
    cellsOf(run, "confidence"),
    cellsOf(run, "downstream_ok"),
  ];
  return {
    grounded: grounded.value,
    grounded_method: grounded.method,
    grounded_source: grounded.source,
    grounded_absent: grounded.absent,
    fallback: fallback.value,
    fallback_method: fallback.method,
    fallback_source: fallback.source,
    fallback_absent: fallback.absent,
    confidence: confidence.value,
    confidence_method: confidence.method,
    confidence_source: confidence.source,
    confidence_absent: confidence.absent,
    downstream_ok: downstream.value,
    downstream_ok_method: downstream.method,
    downstream_ok_source: downstream.source,
    downstream_ok_absent: downstream.absent,
  };
}

/** Milliseconds as a whole number: a run's times come from nanoseconds and may carry a fraction. */
export function whole(ms: number): number {
  return Math.floor(ms);
}

function runRow(run: RunDigest, version: bigint) {
  return {
    id: run.id,
    replaced_by: "",
    trace_ids: run.traceIds,
    workflow: run.workflow,
    environment: run.environment,
    task_type: run.taskType ?? "",
    session: run.session ?? "",
    service: run.service,
    started_ms: whole(run.startedMs),
    ended_ms: whole(run.endedMs),
    complete: run.complete,
    failed: run.failed,
    error_class: run.error?.class ?? "",
    ...signalCells(run),
    mapping: run.mapping,
    digest: JSON.stringify(run),
    version,
  };
}

/** The runs, and for each alias a row that leads to its run. An id that is a run of its own here is nobody's alias. */
function runsBlock(runs: readonly RunDigest[], version: bigint): Block {
  const latest = new Map<string, RunDigest>(runs.map((run) => [run.id, run]));
  const rows = [...latest.values()].map((run) => runRow(run, version));
  const aliases = [...latest.values()].flatMap((run) =>
    run.aliases
      .filter((alias) => !latest.has(alias))
      .map((alias) => ({
        ...runRow(run, version),
        id: alias,
        replaced_by: run.id,
        trace_ids: [],
        digest: "",
      })),
  );
  return blockIn("stored_runs", runShape, [...rows, ...aliases]);
}

const headShape = {
  started_ms: "Int64",
  id: "String",
  workflow: "String",
  environment: "String",
  ended_ms: "Int64",
  trace_ids: "Array(String)",
  failed: "Array(String)",
  input_text: "String",
  ...signalColumns,
  version: "UInt64",
} as const satisfies TableShape;

const inputShown = 200;

/** What lists show of the runs, by time. `version` is that of their rows in `stored_runs`. */
function headsBlock(runs: readonly RunDigest[], version: bigint): Block {
  const rows = runs.map((run) => ({
    started_ms: whole(run.startedMs),
    id: run.id,
    workflow: run.workflow,
    environment: run.environment,
    ended_ms: whole(run.endedMs),
    trace_ids: run.traceIds,
    failed: run.failed,
    input_text: run.inputText?.slice(0, inputShown) ?? "",
    ...signalCells(run),
    version,
  }));
  return blockIn("stored_heads", headShape, rows);
}

/** Texts behind the hashes of runs. */
function textsBlock(texts: readonly VersionText[], version: bigint): Block {
  const shape = { hash: "String", text: "String", version: "UInt64" } as const;
  return blockIn(
    "stored_texts",
    shape,
    texts.map(({ hash, text }) => ({ hash, text, version })),
  );
}

/** Entries of the change ledger. */
/** All that is kept of some runs. */
export function blocksOfRuns(
  runs: readonly RunDigest[],
  texts: readonly VersionText[],
  version: bigint,
): readonly Block[] {
  const blocks = [runsBlock(runs, version), headsBlock(runs, version), textsBlock(texts, version)];
  return blocks.filter(({ rows }) => rows > 0);
}

/** Texts, each under a key. */
export function metaBlock(
  texts: readonly { readonly key: string; readonly text: string }[],
  version: bigint,
): Block {
  const shape = { key: "String", text: "String", version: "UInt64" } as const;
  const rows = texts.map(({ key, text }) => ({ key, text, version }));
  return blockIn("stored_meta", shape, rows);
}

/** The clusters of a diagnosis, as SQL reads them. */
export function clusterBlocks(diagnosis: Diagnosis, version: bigint): readonly Block[] {
  const shape = {
    id: "String",
    title: "String",
    workflow: "String",
    environment: "String",
    state: "String",
    size: "UInt64",
    first_ms: "Int64",
    last_ms: "Int64",
    representative: "String",
    origin_agent: "String",
    origin_tool: "String",
    origin_kind: "String",
    cause: "String",
    verdict: "String",
    version: "UInt64",
  } as const;
  const clusters = diagnosis.clusters.map((cluster) => ({
    id: cluster.id,
    title: cluster.title,
    workflow: cluster.workflow,
    environment: cluster.environment,
    state: cluster.state,
    size: cluster.members.length,
    first_ms: whole(cluster.firstMs),
    last_ms: whole(cluster.lastMs),
    representative: cluster.representative,
    origin_agent: cluster.origin?.agent ?? "",
    origin_tool: cluster.origin?.tool ?? "",
    origin_kind: cluster.origin?.kind ?? "",
    cause: cluster.attribution.causes[0]?.cause ?? "unknown",
    verdict: cluster.attribution.causes[0]?.verdict ?? "unresolved",
    version,
  }));
  return clusters.length > 0 ? [blockIn("stored_clusters", shape, clusters)] : [];
}

/** Rows of one block: some milliseconds to make. */
const membersInBlock = 10_000;

/** Who is in the clusters of a diagnosis, in several blocks. */
export function* memberBlocks({ runs }: Diagnosis, version: bigint): Generator<Block> {
  const shape = { run_id: "String", cluster: "String", version: "UInt64" } as const;
  for (let at = 0; at < runs.length; at += membersInBlock) {
    const some = runs.slice(at, at + membersInBlock);
    const rows = some.map((run) => ({ run_id: run.id, cluster: run.cluster, version }));
    yield blockIn("stored_members", shape, rows);
  }
}
