import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OtlpBody, SpanBatch } from "../model/batch.ts";
import type { AcceptedBaseline } from "../model/accepted.ts";
import { ClusterDecision } from "../model/decision.ts";
import type { Diagnosis, FrozenReference } from "../model/baseline.ts";
import type { GateRecord, StoredCase, StoredClosure } from "../model/case-told.ts";
import { gateHead } from "../model/case-told.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { RunDigest } from "../model/digest.ts";
import type { ClusterId, RunId, TraceId } from "../model/ids.ts";
import { ReviewRecord } from "../model/review.ts";
import type { Ruling } from "../model/ruling.ts";
import type { AbsentReason, Reading } from "../model/signal.ts";
import type { Store } from "../ports.ts";

/** What a store is tested with: how it is opened, and the stage that makes the batches it is given. */
export interface StoreSuite {
  readonly open: () => Promise<Store>;
  readonly receive: (body: OtlpBody) => { readonly batch: SpanBatch };
}

const traceOf = (n: number) => n.toString(16).padStart(32, "a") as TraceId;
const spanOf = (n: number) => n.toString(16).padStart(16, "b");
const startNanos = 1_700_000_000_000_000_000n;

interface SpanLike {
  readonly trace: number;
  readonly span: number;
  readonly name?: string;
  readonly endMs?: number;
  readonly attributes?: readonly object[];
  readonly more?: object;
}

function body(spans: readonly SpanLike[]): OtlpBody {
  const records = spans.map(({ trace, span, name, endMs, attributes, more }) => ({
    traceId: traceOf(trace),
    spanId: spanOf(span),
    name: name ?? `span ${span}`,
    kind: 3,
    startTimeUnixNano: String(startNanos + BigInt(span)),
    endTimeUnixNano: String(startNanos + BigInt(endMs ?? 5) * 1_000_000n + 1n),
    attributes: attributes ?? [{ key: "n", value: { intValue: span } }],
    ...more,
  }));
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "desk" } }] };
  const scopeSpans = [{ scope: { name: "suite", version: "1" }, spans: records }];
  return jsonBody("traces", { resourceSpans: [{ resource, scopeSpans }] });
}

function logBody(records: readonly object[]): OtlpBody {
  return jsonBody("logs", { resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });
}

function jsonBody(signal: "traces" | "logs", value: object): OtlpBody {
  return { signal, encoding: "json", bytes: Buffer.from(JSON.stringify(value)) };
}

const measured = <T>(value: T): Reading<T> => ({
  kind: "measured",
  value,
  method: "declared",
  source: "application",
  evidence: [],
});
const absent = (why: AbsentReason): Reading<never> => ({ kind: "absent", why });

/** A run with the signals that a test is about. */
function runOf(n: number, more: Partial<RunDigest> = {}): RunDigest {
  return {
    id: traceOf(n) as string as RunId,
    aliases: [],
    traceIds: [traceOf(n)],
    workflow: "desk",
    environment: "production",
    taskType: null,
    session: null,
    service: "desk",
    startedMs: 1_700_000_000_000 + n * 1000,
    endedMs: 1_700_000_000_500 + n * 1000,
    complete: true,
    conventions: ["otel-genai"],
    signals: {
      grounded: measured(1),
      fallback: measured(false),
      confidence: absent("no_logprobs"),
      downstream_ok: absent("no_contract"),
    },
    failed: [],
    error: null,
    errorAt: null,
    cited: null,
    ungrounded: [],
    retrieved: null,
    unsupported: [],
    violations: [],
    outputShape: null,
    hedge: false,
    refusal: false,
    steps: [],
    versions: { deploy: "1.0" },
    inputText: 'a "text" with\n\nDROP TABLE runs \\ and \u0000 — ünïcode 🙂',
    outputText: null,
    mapping: 1,
    ...more,
  };
}

/** Two savings of one reviewer on one run, a failure mode between them, and a batch after them. */
function reviewRecords(): readonly ReviewRecord[] {
  const place = { workflow: "desk", environment: "production" };
  const annotation = {
    kind: "annotation",
    run: runOf(1).id,
    ...place,
    reviewer: "mira",
    verdict: "bad",
    note: 'cites "what" it never\n\nread \u0000 — ünïcode 🙂 \\ \';--',
    codes: ["made-up citation", "zu früh"],
    failureMode: null,
    step: spanOf(1),
    batch: null,
    blind: true,
  };
  const mode = { kind: "failureMode", id: "FM-0a0a0a0a", ...place, by: "mira", name: "citations" };
  return [
    { ...annotation, id: "AN-00000000000000b1", at: "2026-11-01T10:00:00.000Z" },
    { ...annotation, id: "AN-00000000000000a1", at: "2026-11-01T12:00:00.000Z", blind: false },
    { ...mode, at: "2026-11-01T11:00:00.000Z", mergedInto: null },
    {
      kind: "batch",
      id: "RB-0b0b0b0b",
      ...place,
      at: "2026-11-01T12:00:00.000Z",
      by: "mira",
      window: { start: 0, end: 10 },
      size: 2,
      population: 9,
      entries: [{ run: runOf(1).id, part: "random", reason: "drawn", signature: null }],
    },
  ].map((record) => ReviewRecord.parse(record));
}

function change(id: string, atMs: number): Change {
  return {
    id,
    atMs,
    kind: "prompt",
    workflow: "desk",
    environment: null,
    service: null,
    title: `change ${id}`,
    before: "a",
    after: "b",
    origin: "told",
    field: null,
  };
}

function ruling(n: number, atMs: number, more: Partial<Ruling> = {}): Ruling {
  return {
    id: `RL-${n}-${atMs}`,
    runId: runOf(n).id,
    workflow: "desk",
    environment: "production",
    step: { spanId: spanOf(n), seq: n, kind: "tool", name: "look up" },
    ruling: "confirmed",
    by: "Ada",
    note: 'it "says"\n\';-- so',
    atMs,
    ...more,
  };
}

function accepted(id: string, fromMs: number): AcceptedBaseline {
  return {
    id,
    workflow: "desk",
    environment: "production",
    fromMs,
    acceptedMs: fromMs + 5,
    by: "ana",
    why: 'a "new" prompt\n\n\';--',
    change: null,
    reprocess: false,
    replaced: null,
  };
}

function diagnosisOf(runs: readonly RunId[]): Diagnosis {
  const id = "CL-00000001" as ClusterId;
  const cluster = {
    id,
    title: "one cluster",
    workflow: "desk",
    environment: "production",
    state: "diagnosed",
    members: runs,
    representative: runs[0],
    firstMs: 1,
    lastMs: 2,
    origin: null,
    attribution: { causes: [], onsetMs: null, onsetPlusMinusMs: null, notThese: [] },
  } as unknown as Cluster;
  const diagnosed = runs.map((run) => ({ id: run, cluster: id }) as unknown as DiagnosedRun);
  return {
    workflows: [],
    clusters: [cluster],
    runs: diagnosed,
    standings: [],
    proposals: [],
    changes: [],
    warnings: [],
  };
}

const everyKind = [
  { key: "text", value: { stringValue: "plain" } },
  { key: "empty", value: { stringValue: "" } },
  { key: "lines", value: { stringValue: "a\n\nDROP TABLE stored_spans\t'\\\"\u0000\u2028" } },
  { key: "int", value: { intValue: "42" } },
  { key: "negative", value: { intValue: -7 } },
  { key: "wide", value: { intValue: "9223372036854775807" } },
  { key: "double", value: { doubleValue: 0.1 } },
  { key: "nan", value: { doubleValue: "NaN" } },
  { key: "infinite", value: { doubleValue: "-Infinity" } },
  { key: "yes", value: { boolValue: true } },
  { key: "no", value: { boolValue: false } },
  { key: "nothing", value: {} },
  { key: "bytes", value: { bytesValue: "AAEC/w==" } },
  { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }, {}] } } },
  {
    key: "map",
    value: { kvlistValue: { values: [{ key: "$int", value: { stringValue: "x" } }] } },
  },
  { key: "__proto__", value: { kvlistValue: { values: [{ key: "__proto__", value: {} }] } } },
  { key: "constructor", value: { stringValue: "c" } },
  { key: "", value: { stringValue: "no key" } },
  { key: "10", value: { stringValue: "a number as key" } },
];

/** The tests that hold for every store, whatever it keeps its data in. */
function decision(digit: string, atMs: number): ClusterDecision {
  return ClusterDecision.parse({
    id: `CD-${digit.repeat(12)}`,
    atMs,
    by: "ann",
    note: null,
    kind: "merge",
    keep: "CL-00000001",
    other: "CL-00000002",
  });
}

/** A case of a source, and a closure of its cluster. */
function caseOf(id: string, more: Partial<StoredCase> = {}): StoredCase {
  return {
    source: "github.com/acme/agent:evals",
    id,
    cluster: "CL-00000001" as ClusterId,
    file: `evals/cases/${id}.yaml`,
    severity: "P0",
    status: "active",
    title: 'it\'s "said"',
    text: "schema: eval-case/v1\n# ünïcode 🙂 \\ ';--",
    activeMs: 7,
    ...more,
  };
}

function closureOf(id: string, more: Partial<StoredClosure> = {}): StoredClosure {
  return {
    source: "",
    file: `evals/closures/${id}.yaml`,
    isGone: false,
    closure: {
      schema: "closure/v1",
      id,
      cluster: "CL-00000001",
      members: 3,
      decision: "no_eval",
      category: "resolved_outage",
      severity_considered: "P1",
      could_recur_unnoticed: false,
      why: "The provider's outage ended; every run of it paged somebody.",
      closed_by: "@jo",
      reviewed_by: "@mira",
      closed: "2026-10-16",
    },
    ...more,
  };
}

/** A result of a gate, in as far as a store reads it. */
function gateRecord(id: string, atMs: number): GateRecord {
  const grades = [{ kind: "pass", assertion: "budget", why: 'it "held"\n', line: 3 }];
  const verdict = {
    schema: "gate-result/v1",
    outcome: "pass",
    exitCode: 0,
    cases: [{ case: "EC-1", trials: { n: 1 }, trialResults: [{ index: 0, grades }] }],
    sentence: "Pass: 1 of 1 cases hold (exit 0).",
  };
  const told = { source: "", commit: "abcdef1", branch: null, url: null, verdict };
  return { id, atMs, ...told } as unknown as GateRecord;
}

export function storeSuite(name: string, { open, receive }: StoreSuite): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("what was put is there as soon as put returns", async () => {
      const { batch } = receive(
        body([
          { trace: 1, span: 1 },
          { trace: 1, span: 2 },
          { trace: 2, span: 3 },
        ]),
      );
      await store.put(batch);
      const { spans } = await store.traces([traceOf(1)]);
      expect(spans).toEqual([batch.span(0), batch.span(1)]);
      expect(await store.counts()).toEqual({ spans: 3, logs: 0, runs: 0 });
    });

    test("a trace that is not known has nothing", async () => {
      expect(await store.traces([traceOf(99)])).toEqual({ spans: [], logs: [] });
      expect(await store.traces([])).toEqual({ spans: [], logs: [] });
    });

    test("a span comes back as it was sent: every kind of value, events, links, kind and status", async () => {
      const more = {
        parentSpanId: spanOf(9),
        status: { code: 2, message: "it\nfailed" },
        events: [{ name: "exception", timeUnixNano: "17", attributes: everyKind }],
        links: [{ traceId: traceOf(7), spanId: spanOf(7), attributes: everyKind }],
      };
      const { batch } = receive(body([{ trace: 1, span: 1, attributes: everyKind, more }]));
      await store.put(batch);
      const { spans } = await store.traces([traceOf(1)]);
      expect(spans).toEqual([batch.span(0)]);
      expect(spans[0]?.attributes.size).toBe(everyKind.length);
    });

    test("the same span twice is one span, in one batch or in several", async () => {
      const once = receive(
        body([
          { trace: 1, span: 1 },
          { trace: 1, span: 1 },
        ]),
      ).batch;
      await store.put(once);
      await store.put(
        receive(
          body([
            { trace: 1, span: 1 },
            { trace: 1, span: 2 },
          ]),
        ).batch,
      );
      expect((await store.traces([traceOf(1)])).spans).toHaveLength(2);
      expect((await store.counts()).spans).toBe(2);
    });

    test("of two versions of a span the one that ends later stays, whichever comes first", async () => {
      const early = receive(body([{ trace: 1, span: 1, name: "early", endMs: 1 }])).batch;
      const late = receive(body([{ trace: 1, span: 1, name: "late", endMs: 9 }])).batch;
      await store.put(late);
      await store.put(early);
      expect((await store.traces([traceOf(1)])).spans.map((span) => span.name)).toEqual(["late"]);
    });

    test("log records are kept with their trace, once however often they are sent", async () => {
      const record = {
        traceId: traceOf(1),
        spanId: spanOf(1),
        timeUnixNano: "5",
        severityNumber: 9,
        eventName: "gen_ai.choice",
        body: { kvlistValue: { values: everyKind } },
        attributes: everyKind,
      };
      const { batch } = receive(logBody([record, { body: { stringValue: "of no trace" } }]));
      await store.put(batch);
      await store.put(batch);
      expect((await store.traces([traceOf(1)])).logs).toEqual([batch.log(0)]);
      expect((await store.counts()).logs).toBe(2);
    });

    test("a trace is unsettled until a run of it is put, and again when more of it comes", async () => {
      await store.put(receive(body([{ trace: 2, span: 1 }])).batch);
      await store.put(receive(body([{ trace: 1, span: 1 }])).batch);
      expect(await store.unsettled()).toEqual([traceOf(2), traceOf(1)]);
      await store.putRuns([runOf(2)], []);
      expect(await store.unsettled()).toEqual([traceOf(1)]);
      await store.put(receive(body([{ trace: 2, span: 2 }])).batch);
      expect(await store.unsettled()).toEqual([traceOf(2), traceOf(1)]);
    });

    test("traces are gone over by id, each with how much of it is stored, in a window and of a workflow", async () => {
      const spans = [5, 3, 4].flatMap((trace) => [
        { trace, span: 1 },
        { trace, span: 2 },
      ]);
      await store.put(receive(body(spans)).batch);
      await store.putRuns([runOf(3), runOf(4, { workflow: "other" })], []);
      const always = { window: { start: 0, end: Number.MAX_SAFE_INTEGER } };
      const all = [3, 4, 5].map((n) => ({ id: traceOf(n), records: 2 }));
      expect(await store.tracesAfter(null, 10, always)).toEqual(all);
      expect(await store.tracesAfter(null, 2, always)).toEqual(all.slice(0, 2));
      expect(await store.tracesAfter(traceOf(3), 2, always)).toEqual(all.slice(1));
      expect(await store.tracesAfter(traceOf(5), 2, always)).toEqual([]);
      expect(await store.countTraces(always)).toBe(3);
      const other = { ...always, workflow: "other" };
      expect(await store.tracesAfter(null, 10, other)).toEqual(all.slice(1, 2));
      expect(await store.countTraces(other)).toBe(1);
      const { spans: stored } = await store.traces([traceOf(3)]);
      const startMs = Math.floor(Number(stored[0]!.startNanos / 1_000_000n));
      const before = { window: { start: 0, end: startMs } };
      const from = { window: { start: startMs, end: startMs + 1_000_000 } };
      expect(await store.countTraces(before)).toBe(0);
      expect(await store.tracesAfter(null, 10, before)).toEqual([]);
      expect((await store.tracesAfter(null, 10, from))[0]).toEqual(all[0]);
    });

    test("the runs of some traces are those that hold any of them", async () => {
      const joined = runOf(1, { traceIds: [traceOf(1), traceOf(2)] });
      await store.putRuns([joined, runOf(3)], []);
      expect(await store.runsOf([traceOf(2)])).toEqual([joined]);
      expect(await store.runsOf([traceOf(1), traceOf(2), traceOf(3)])).toEqual([joined, runOf(3)]);
      expect(await store.runsOf([traceOf(9)])).toEqual([]);
      expect(await store.runsOf([])).toEqual([]);
      const apart = runOf(1);
      await store.putRuns([apart], []);
      expect(await store.runsOf([traceOf(2)])).toEqual([]);
    });

    test("the latest result of each check of a cluster stays, by time", async () => {
      const found = (
        check: string,
        atMs: number,
        more: Partial<CheckResult> = {},
      ): CheckResult => ({
        cluster: "CL-00000001",
        cause: "prompt_regression",
        check,
        result: "matches",
        note: "it says `cite nothing`\n'\\",
        by: "ada",
        atMs,
        ...more,
      });
      expect(await store.checks()).toEqual([]);
      await store.putChecks([found("prompt_changed", 5), found("signals", 3)]);
      const later = found("prompt_changed", 7, { result: "not_run", note: "" });
      const others = found("prompt_changed", 6, { cause: null });
      await store.putChecks([later, others]);
      expect(await store.checks()).toEqual([found("signals", 3), others, later]);
      await store.putChecks([]);
      expect(await store.checks()).toHaveLength(3);
    });

    test("a run comes back as it was put, and replaces the one with its id", async () => {
      await store.putRuns([runOf(1)], []);
      const second = runOf(1, { workflow: "other", failed: ["grounded"] });
      await store.putRuns([second], []);
      expect(await store.runs({})).toEqual([second]);
      expect(await store.run(second.id)).toEqual(second);
      expect((await store.counts()).runs).toBe(1);
    });

    test("a run replaces the runs whose ids are its aliases, and is found by them", async () => {
      await store.putRuns([runOf(1), runOf(2)], []);
      const joined = runOf(3, { aliases: [runOf(1).id, runOf(2).id] });
      await store.putRuns([joined], []);
      expect(await store.runs({})).toEqual([joined]);
      expect(await store.run(runOf(1).id)).toEqual(joined);
      expect(await store.run(runOf(77).id)).toBeNull();
    });

    test("runs are asked for by workflow, environment, time and failure, earliest first", async () => {
      const runs = [1, 2, 3, 4].map((n) =>
        runOf(n, {
          workflow: n === 4 ? "other" : "desk",
          environment: n === 3 ? "staging" : "production",
          failed: n === 2 ? ["fallback"] : [],
        }),
      );
      await store.putRuns(runs.toReversed(), []);
      const ids = async (query: Parameters<Store["runs"]>[0]) =>
        (await store.runs(query)).map((run) => runs.findIndex((each) => each.id === run.id) + 1);
      expect(await ids({})).toEqual([1, 2, 3, 4]);
      expect(await ids({ workflow: "desk" })).toEqual([1, 2, 3]);
      expect(await ids({ workflow: "desk", environment: "production" })).toEqual([1, 2]);
      expect(await ids({ failedOnly: true })).toEqual([2]);
      expect(await ids({ limit: 2 })).toEqual([3, 4]);
      const window = { start: runs[1]!.startedMs, end: runs[3]!.startedMs };
      expect(await ids({ window })).toEqual([2, 3]);
    });

    test("runs are listed as they are put: after a mark only what came since, each as it stands now", async () => {
      const listed = async (mark: string | null, query = {}) => {
        const ids: string[] = [];
        const replaced: string[] = [];
        let last = mark;
        for await (const group of store.runsAfter(mark, query)) {
          ids.push(...group.runs.map((run) => `${run.id} ${run.workflow}`));
          replaced.push(...group.replaced);
          last = group.mark;
        }
        return { ids: ids.toSorted(), replaced, mark: last };
      };
      const named = (n: number, workflow = "desk") => `${runOf(n).id} ${workflow}`;
      expect((await listed(null)).ids).toEqual([]);
      await store.putRuns([runOf(1), runOf(2)], []);
      const first = await listed(null);
      expect(first.ids).toEqual([named(1), named(2)]);
      expect(await listed(first.mark)).toEqual({ ids: [], replaced: [], mark: first.mark });
      await store.putRuns([runOf(3)], []);
      await store.putRuns([runOf(2, { workflow: "other" })], []);
      const second = await listed(first.mark);
      expect(second.ids).toEqual([named(2, "other"), named(3)]);
      expect((await listed(null, { workflow: "desk" })).ids).toEqual([named(1), named(3)]);
      await store.putRuns([runOf(4, { aliases: [runOf(1).id] })], []);
      const third = await listed(second.mark);
      expect([third.ids, third.replaced]).toEqual([[named(4)], [runOf(1).id]]);
      expect((await listed(null)).ids).toEqual([named(2, "other"), named(3), named(4)]);
    });

    test("many runs are listed each once, in groups", async () => {
      const many = Array.from({ length: 1_500 }, (_, n) => runOf(n * 31 + 1));
      await store.putRuns(many.slice(0, 900), []);
      await store.putRuns(many.slice(800), []);
      const found: RunDigest[] = [];
      for await (const { runs } of store.runsAfter(null, { environment: "production" })) {
        found.push(...runs);
      }
      expect(found.map(({ id }) => id).toSorted()).toEqual(many.map(({ id }) => id).toSorted());
      expect(found.find(({ id }) => id === many[7]?.id)).toEqual(many[7]);
    });

    test("runs are found by their own ids", async () => {
      await store.putRuns([runOf(1), runOf(2), runOf(3)], []);
      await store.putRuns([runOf(4, { aliases: [runOf(3).id] })], []);
      const found = await store.runsWith([runOf(2).id, runOf(3).id, runOf(4).id, runOf(9).id]);
      expect(found.map(({ id }) => id).toSorted()).toEqual([runOf(2).id, runOf(4).id]);
      expect(await store.runsWith([])).toEqual([]);
    });

    test("a reference is kept for each workflow and environment, and each accepted baseline, the last one", async () => {
      const reference = (workflow: string, n: number): FrozenReference => ({
        workflow,
        environment: "production",
        id: `BL-0000000${n}`,
        window: { start: 1.5, end: 2 },
        runIds: [runOf(n).id],
        warnings: ["it's short"],
      });
      expect(await store.references()).toEqual([]);
      await store.putReferences([reference("b", 1), reference("a", 2)]);
      await store.putReferences([reference("b", 3)]);
      expect(await store.references()).toEqual([reference("a", 2), reference("b", 3)]);
      const of = (accepted: string, n: number): FrozenReference => ({
        ...reference("a", n),
        accepted,
      });
      await store.putReferences([of("y", 4), reference("b", 5), of("x", 6)]);
      await store.putReferences([of("y", 7)]);
      expect(await store.references()).toEqual([
        reference("a", 2),
        reference("b", 5),
        of("x", 6),
        of("y", 7),
      ]);
    });

    test("texts are kept by their hash", async () => {
      await store.putRuns(
        [runOf(1)],
        [
          { hash: "h1", text: "one" },
          { hash: "h2", text: "zwei 🙂\n\n'" },
        ],
      );
      expect(await store.texts(["h2", "unknown"])).toEqual(new Map([["h2", "zwei 🙂\n\n'"]]));
      expect(await store.texts([])).toEqual(new Map());
    });

    test("changes are kept by id and read by time", async () => {
      await store.putChanges([change("b", 2), change("a", 3)]);
      await store.putChanges([change("b", 1)]);
      expect(await store.changes()).toEqual([change("b", 1), change("a", 3)]);
    });

    test("rulings are kept beside the earlier ones of their run, and read by time", async () => {
      expect(await store.rulings()).toEqual([]);
      await store.putRulings([]);
      const later = ruling(1, 3, { ruling: "rejected", by: null, note: null });
      await store.putRulings([later, ruling(2, 2)]);
      await store.putRulings([ruling(1, 1)]);
      await store.putRulings([later]);
      expect(await store.rulings()).toEqual([ruling(1, 1), ruling(2, 2), later]);
    });

    test("reviews are kept, every saving of them, by time, and the same record once", async () => {
      expect(await store.reviews()).toEqual([]);
      const [first, again, mode, batch] = reviewRecords();
      await store.putReviews([again!, batch!]);
      await store.putReviews([first!, mode!]);
      await store.putReviews([again!]);
      await store.putReviews([]);
      expect(await store.reviews()).toEqual([first, mode, again, batch]);
    });

    test("decisions are kept by id and read by time", async () => {
      const merge = decision("1", 3);
      await store.putDecisions([merge, decision("2", 2)]);
      await store.putDecisions([merge]);
      expect(await store.decisions()).toEqual([decision("2", 2), merge]);
    });

    test("accepted baselines are kept by id and read by the time they hold from", async () => {
      await store.putBaselines([accepted("b", 2), accepted("a", 3)]);
      await store.putBaselines([]);
      await store.putBaselines([accepted("b", 1)]);
      expect(await store.baselines()).toEqual([accepted("b", 1), accepted("a", 3)]);
    });

    test("cases and closures are kept by source and id, the latest word on each", async () => {
      expect([await store.cases(), await store.closures()]).toEqual([[], []]);
      const other = caseOf("EC-2", { source: "b", cluster: null, text: null, activeMs: null });
      await store.putCases([caseOf("EC-2"), other, caseOf("EC-1")]);
      const gone = caseOf("EC-2", { status: "gone" });
      await store.putCases([gone]);
      await store.putCases([]);
      expect(await store.cases()).toEqual([caseOf("EC-1"), other, gone]);
      await store.putClosures([closureOf("CL-2"), closureOf("CL-1")]);
      const later = closureOf("CL-2", { isGone: true });
      await store.putClosures([later]);
      expect(await store.closures()).toEqual([closureOf("CL-1"), later]);
    });

    test("results of gates are kept by id, listed latest first without their trials", async () => {
      expect([await store.gateResults(5), await store.gateResult("GR-1")]).toEqual([[], null]);
      await store.putGateResults([gateRecord("GR-1", 1), gateRecord("GR-2", 2)]);
      await store.putGateResults([gateRecord("GR-3", 3), gateRecord("GR-1", 4)]);
      const heads = [gateRecord("GR-1", 4), gateRecord("GR-3", 3)].map(gateHead);
      expect(await store.gateResults(2)).toEqual(heads);
      expect(heads[0]?.verdict.cases[0]?.trialResults).toEqual([]);
      expect(await store.gateResult("GR-1")).toEqual(gateRecord("GR-1", 4));
    });

    test("the last diagnosis replaces the one before", async () => {
      expect(await store.diagnosis()).toBeNull();
      await store.putDiagnosis(diagnosisOf([runOf(1).id, runOf(2).id]));
      const last = diagnosisOf([runOf(2).id]);
      await store.putDiagnosis(last);
      expect(await store.diagnosis()).toEqual(last);
    });

    test("a diagnosis of many runs comes back as it was put, also where a few of them changed since", async () => {
      const ids = Array.from({ length: 3_000 }, (_, at) => runOf(at * 37 + 1).id);
      const many = (members: readonly RunId[], cluster: (id: RunId) => string): Diagnosis => {
        const { runs, ...rest } = diagnosisOf(members);
        const standings = members.map(
          (id) => ({ id, traceIds: [], failed: ["grounded"], cluster: cluster(id) }) as never,
        );
        return { ...rest, runs, standings };
      };
      const first = many(ids.slice(100), () => "CL-00000001");
      await store.putDiagnosis(first);
      expect(await store.diagnosis()).toEqual(first);
      const { standings, runs } = many(ids, (id) => (id === ids[7] ? "CL-2" : "CL-00000001"));
      const second = {
        ...first,
        runs: [...runs.slice(0, 100), ...first.runs],
        standings: [...standings.slice(0, 100), ...first.standings],
      };
      await store.putDiagnosis(second);
      expect(await store.diagnosis()).toEqual(second);
      const third = { ...second, runs: second.runs.filter((_, at) => at % 50 !== 0) };
      await store.putDiagnosis(third);
      await store.putDiagnosis(third);
      expect(await store.diagnosis()).toEqual(third);
      await store.putDiagnosis(diagnosisOf([runOf(1).id]));
      expect(await store.diagnosis()).toEqual(diagnosisOf([runOf(1).id]));
    });

    test("a small text is kept under its key", async () => {
      expect(await store.meta("mark")).toBeNull();
      await store.putMeta("mark", "1");
      await store.putMeta("mark", "2\n\n';--");
      expect(await store.meta("mark")).toBe("2\n\n';--");
    });

    test("batches that are put at once are all kept", async () => {
      const batches = Array.from(
        { length: 30 },
        (_, n) => receive(body([{ trace: n, span: n + 1 }])).batch,
      );
      await Promise.all(batches.map((batch) => store.put(batch)));
      expect((await store.counts()).spans).toBe(30);
    });
  });
}
