import { isDeepStrictEqual } from "node:util";
import { bodyOf, bodiesOfRound, spansOf, stored, sumOf, tracePrefix } from "./bodies.ts";
import type { StoredSpan } from "./bodies.ts";

/** What a look at one round's bodies found. */
export interface Findings {
  acked: number;
  ackedSpans: number;
  /** Spans that were acknowledged and are not there. */
  lost: number;
  /** Spans that are there more than once. */
  duplicated: number;
  /** Spans that are there otherwise than sent, and those of bodies that nobody acknowledged and that are there in part. */
  partial: number;
  /** Traces that are whole and not in exactly one run with its four signals. */
  unsettled: number;
  readonly examples: string[];
}

type Row = readonly unknown[];

const questionsMost = 20;

/** Rows of a question in SQL, asked of the server; asked again where it is busy or closes a connection that was long idle. */
async function asked(url: string, query: string): Promise<readonly Row[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(`${url}/api/sql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      if (answer.ok) return ((await answer.json()) as { rows: readonly Row[] }).rows;
      throw new Error(`${answer.status}: ${await answer.text()}`);
    } catch (cause) {
      if (attempt === questionsMost) throw new Error(`no answer to ${query}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

const pageRows = 1_000;

async function storedSpans(url: string, round: number): Promise<readonly StoredSpan[]> {
  const spans: StoredSpan[] = [];
  for (let offset = 0; ; offset += pageRows) {
    const rows = await asked(
      url,
      `SELECT trace_id, span_id, parent_span_id, name, kind, toString(toUnixTimestamp64Nano(start)), toString(toUnixTimestamp64Nano(end)),
        status, status_message, JSONLength(events), attributes
      FROM spans WHERE trace_id >= '${tracePrefix(round)}' AND trace_id < '${tracePrefix(round + 1)}'
      ORDER BY trace_id, span_id LIMIT ${pageRows} OFFSET ${offset}`,
    );
    spans.push(...rows.map(spanOf));
    if (rows.length < pageRows) return spans;
  }
}

function spanOf(row: Row): StoredSpan {
  const [traceId, spanId, parentSpanId, name, kind, startNanos, endNanos, status, statusMessage] =
    row.map(String);
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    startNanos,
    endNanos,
    status,
    statusMessage,
    events: Number(row[9]),
    attributes: { ...(row[10] as Record<string, string>) },
  } as StoredSpan;
}

const keyOf = (span: { readonly traceId: string; readonly spanId: string }): string =>
  `${span.traceId} ${span.spanId}`;

const settledMs = 600;

/** Compares what the server holds of a round with what was sent and what was acknowledged. */
export async function verifyRound(
  url: string,
  of: {
    readonly seed: number;
    readonly round: number;
    readonly sent: ReadonlySet<number>;
    readonly acked: ReadonlySet<number>;
  },
): Promise<Findings> {
  // While much comes in, a question is answered as of a moment before.
  await new Promise((resolve) => setTimeout(resolve, settledMs));
  const { seed, round, sent, acked } = of;
  const findings = none();
  const wrong = (kind: "lost" | "duplicated" | "partial", what: string): void => {
    findings[kind] += 1;
    if (findings.examples.length < 10) findings.examples.push(`${kind}: ${what}`);
  };
  const found = new Map<string, StoredSpan>();
  for (const span of await storedSpans(url, round)) {
    if (found.has(keyOf(span))) wrong("duplicated", keyOf(span));
    found.set(keyOf(span), span);
    if (sumOf(span) !== span.attributes["chaos.sum"]) wrong("partial", `${keyOf(span)}: checksum`);
  }
  const known = new Set<string>();
  for (const number of [...sent].filter((each) => Math.floor(each / bodiesOfRound) === round)) {
    const expected = spansOf(seed, number).map(stored);
    for (const span of expected) known.add(keyOf(span));
    const there = expected.filter((span) => found.has(keyOf(span)));
    if (acked.has(number)) {
      findings.acked += 1;
      findings.ackedSpans += expected.length;
      for (const span of expected)
        if (!found.has(keyOf(span))) wrong("lost", `${keyOf(span)} of body ${number}`);
    } else if (there.length > 0 && there.length < expected.length)
      wrong("partial", `body ${number}: ${there.length} of ${expected.length} spans`);
    for (const span of there)
      if (!isDeepStrictEqual(found.get(keyOf(span)), span))
        wrong(
          "partial",
          `${keyOf(span)} of body ${number} (${bodyOf(seed, number).headers["content-type"]})`,
        );
  }
  for (const key of found.keys()) if (!known.has(key)) wrong("partial", `${key} was never sent`);
  await verifyRuns(url, round, wholeTraces(seed, round, sent, found), findings);
  return findings;
}

export function none(): Findings {
  return {
    acked: 0,
    ackedSpans: 0,
    lost: 0,
    duplicated: 0,
    partial: 0,
    unsettled: 0,
    examples: [],
  };
}

/** Ids of the traces of which every span is there. */
function wholeTraces(
  seed: number,
  round: number,
  sent: ReadonlySet<number>,
  found: ReadonlyMap<string, StoredSpan>,
): readonly string[] {
  const spansIn = new Map<string, number>();
  for (const { traceId } of found.values()) spansIn.set(traceId, (spansIn.get(traceId) ?? 0) + 1);
  const wanted = new Map<string, number>();
  for (const number of [...sent].filter((each) => Math.floor(each / bodiesOfRound) === round))
    for (const part of [number, number % 2 === 1 ? number - 1 : number + 1])
      for (const { traceId } of part === number || !sent.has(part) ? spansOf(seed, part) : [])
        wanted.set(traceId, (wanted.get(traceId) ?? 0) + 1);
  return [...spansIn].flatMap(([id, count]) => (wanted.get(id) === count ? [id] : []));
}

const settleAtMostMs = 90_000;

/** Waits until every whole trace stands in exactly one run that has each of its four readings once. */
async function verifyRuns(
  url: string,
  round: number,
  traces: readonly string[],
  findings: Findings,
): Promise<void> {
  const untilMs = performance.now() + settleAtMostMs;
  for (;;) {
    const wrong = await unsettledOf(url, round, traces);
    if (wrong.length === 0) return;
    if (performance.now() > untilMs) {
      findings.unsettled += wrong.length;
      findings.examples.push(...wrong.slice(0, 5));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function unsettledOf(
  url: string,
  round: number,
  traces: readonly string[],
): Promise<readonly string[]> {
  const within = (id: string): string =>
    `${id} >= '${tracePrefix(round)}' AND ${id} < '${tracePrefix(round + 1)}'`;
  const runs = await asked(
    url,
    `SELECT arrayJoin(trace_ids) AS trace, count(), any(id) FROM runs WHERE ${within("id")} GROUP BY trace`,
  );
  const readings = await asked(
    url,
    `SELECT run_id, count(), uniqExact(signal) FROM readings WHERE ${within("run_id")} GROUP BY run_id`,
  );
  const runOf = new Map(
    runs.map(([trace, count, id]) => [String(trace), { count: Number(count), id: String(id) }]),
  );
  const whole = new Set(
    readings.flatMap(([id, count, signals]) => (count === 4 && signals === 4 ? [String(id)] : [])),
  );
  return traces.flatMap((trace) => {
    const run = runOf.get(trace);
    if (run === undefined) return [`unsettled: trace ${trace} is in no run`];
    if (run.count !== 1) return [`unsettled: trace ${trace} is in ${run.count} runs`];
    return whole.has(run.id) ? [] : [`unsettled: run ${run.id} has not its four readings once`];
  });
}
