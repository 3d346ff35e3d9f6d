import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { read, type ReadOptions, type ReadRun } from "@rootward/pipeline/ingest/read";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { Signals } from "@rootward/pipeline/model/signal";
import type { Span, TraceContent } from "@rootward/pipeline/model/span";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { settle } from "@rootward/pipeline/pipeline";
import { packedCaptures } from "@rootward/pipeline/testing/captures";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { spanWithOriginal } from "@rootward/pipeline/wire/original";
import { receive } from "@rootward/pipeline/wire/receive";
import { type Receiver, startReceiver } from "../testing/receiver.ts";
import { endpointsOf } from "./endpoints.ts";
import { type Forwarder, openForwarder } from "./forwarder.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-settled-"));
const open = new Set<Forwarder>();
let folders = 0;
let there: Receiver;

beforeEach(async () => {
  there = await startReceiver();
});
afterEach(async () => {
  for (const forwarder of open) await forwarder.close();
  open.clear();
  await there.stop();
});
afterAll(() => rmSync(root, { recursive: true }));

function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

async function opened(folder: string): Promise<Forwarder> {
  const forwarder = await openForwarder(endpointsOf([{ name: "one", url: there.url }], {}, 1), {
    folder,
    agent: "rootward/test",
    log: (line) => {
      throw new Error(line);
    },
  });
  open.add(forwarder);
  return forwarder;
}

const options: ReadOptions = {
  settingsFor: () => ({ ...noSettings, retrievers: ["find_rules"], retrieves: true }),
  contractFor: () => null,
  map: [],
  closedBy: "root",
};

async function settled(forwarder: Forwarder, content: TraceContent): Promise<readonly ReadRun[]> {
  return await settle(
    [content],
    () => options,
    { store: memoryStore() },
    (all) => forwarder.settled(all),
  );
}

async function delivered(forwarder: Forwarder, sent: number): Promise<readonly Span[]> {
  await vi.waitFor(() => expect(forwarder.status()[0]).toMatchObject({ sent, waitingRecords: 0 }));
  return there.requests.flatMap(({ spans }) => spans);
}

function contentOf(bodies: readonly OtlpBody[]): TraceContent {
  const batches = bodies.map((body) => receive(body).batch);
  const rows = batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) => ({ batch, row })),
  );
  return {
    spans: rows.flatMap(({ batch, row }) =>
      batch.logCount > 0 ? [] : spanWithOriginal(batch, row),
    ),
    logs: rows.flatMap(({ batch, row }) => (batch.logCount > 0 ? batch.log(row) : [])),
  };
}

/** A run that cited what nobody retrieved: four spans, one agent. */
function brokenRun(): TraceContent {
  const fixtures = fileURLToPath(new URL("../../../../fixtures/first/", import.meta.url));
  const last = readdirSync(fixtures).toSorted().at(-1) ?? "";
  const bytes = gunzipSync(readFileSync(join(fixtures, last)));
  return contentOf([{ signal: "traces", encoding: "protobuf", bytes }]);
}

/** A run in which one agent hands over to another, each with a span of its own. */
function handedOver(): TraceContent {
  const found = packedCaptures("openai-agents").find(({ truth }) => truth.handoff !== null);
  if (found === undefined) throw new Error("no capture with a hand-off");
  return contentOf(found.bodies);
}

function behavioral(span: Span | undefined): Readonly<Record<string, unknown>> {
  const found = [...(span?.attributes ?? [])].filter(([key]) =>
    key.startsWith("agent.behavioral."),
  );
  return Object.fromEntries(found.map(([key, value]) => [key.slice(17), value]));
}

/** What a span must say of these readings. */
function expected(signals: Signals): Readonly<Record<string, unknown>> {
  const of = signalNames.flatMap((name): [string, unknown][] => {
    const reading = signals[name];
    return reading.kind === "absent"
      ? [[`${name}_absent`, reading.why]]
      : [
          [name, reading.value],
          [`${name}_method`, reading.method],
        ];
  });
  return Object.fromEntries(of);
}

function withoutOurs(span: Span): Span {
  const own = [...span.attributes].filter(([key]) => !key.startsWith("agent.behavioral."));
  return { ...span, attributes: new Map(own) };
}

function sorted(spans: readonly Span[]): readonly Span[] {
  return spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
}

test("a settled run goes on with its readings on its root, and is else as it was", async () => {
  const content = brokenRun();
  const forwarder = await opened(newFolder());
  const [run] = await settled(forwarder, content);
  const spans = await delivered(forwarder, content.spans.length);
  const found = spans.find(({ spanId }) => spanId === run?.run.rootSpanId);
  expect(behavioral(found)).toMatchObject({
    grounded: 0,
    grounded_method: "cited_ids",
    confidence_absent: "no_logprobs",
    source: "server",
    ungrounded_ids: ["TR-900"],
  });
  expect(behavioral(found)).toMatchObject(expected(run?.signals ?? never()));
  expect(behavioral(found)).not.toHaveProperty("confidence");
  expect(sorted(spans).map((span) => withoutOurs(span))).toEqual(sorted(content.spans));
});

function never(): never {
  throw new Error("there is a run");
}

test("each agent's readings stand on the span of its last turn, and on no other step", async () => {
  const content = handedOver();
  const forwarder = await opened(newFolder());
  const [one] = await settled(forwarder, content);
  const { run, signals, agentSignals } = one ?? never();
  const spans = await delivered(forwarder, content.spans.length);
  const names = [...new Set(run.agents.map(({ name }) => name))];
  expect(names.length).toBeGreaterThan(1);
  const marked = new Map([[run.rootSpanId ?? never(), signals]]);
  for (const name of names) {
    const last = run.agents.findLast((agent) => agent.name === name)?.spanId ?? never();
    if (last !== run.rootSpanId) marked.set(last, agentSignals.get(name) ?? never());
  }
  for (const span of spans) {
    const readings = marked.get(span.spanId);
    if (readings === undefined) expect(behavioral(span)).toEqual({});
    else expect(behavioral(span)).toMatchObject(expected(readings));
  }
});

test("what another Rootward reads in the spans that it gets is what was read here", async () => {
  for (const content of [brokenRun(), handedOver()]) {
    const forwarder = await opened(newFolder());
    const before = there.requests.length;
    const [run] = await settled(forwarder, content);
    await delivered(forwarder, content.spans.length);
    const spans = there.requests.slice(before).flatMap((got) => got.spans);
    const [again] = read({ spans, logs: content.logs }, options);
    expect(again?.signals).toEqual(run?.signals);
    expect(again?.digest.id).toEqual(run?.digest.id);
  }
});

test("what the application says of a span itself stays, and is there once", async () => {
  const content = brokenRun();
  const declared = content.spans.map((span) => ({
    ...span,
    attributes: new Map([...span.attributes, ["agent.behavioral.grounded", 0.25] as const]),
  }));
  const forwarder = await opened(newFolder());
  const [run] = await settled(forwarder, { ...content, spans: declared });
  const spans = await delivered(forwarder, declared.length);
  const found = spans.find(({ spanId }) => spanId === run?.run.rootSpanId);
  expect(behavioral(found)).toMatchObject({ grounded: 0.25, grounded_method: "declared" });
});

test("a late span goes on alone, also after a restart", async () => {
  const content = brokenRun();
  const [late, ...early] = content.spans.toSorted((a) => (a.parentSpanId === null ? 1 : -1));
  const folder = newFolder();
  const forwarder = await opened(folder);
  await settled(forwarder, { spans: early, logs: [] });
  await delivered(forwarder, early.length);
  await settled(forwarder, { spans: early, logs: [] });
  await forwarder.close();
  open.delete(forwarder);
  const next = await opened(folder);
  await settled(next, content);
  const spans = await delivered(next, 1);
  expect(spans.map(({ spanId }) => spanId)).toEqual(
    [...early, late ?? never()].map(({ spanId }) => spanId),
  );
});

test("when the process dies before the runs are stored, its spans go on all the same, and once", async () => {
  const content = brokenRun();
  const folder = newFolder();
  const dead = await opened(folder);
  const failing = { ...memoryStore(), putRuns: async () => never() };
  const died = settle(
    [content],
    () => options,
    { store: failing },
    (all) => dead.settled(all),
  );
  await expect(died).rejects.toThrow();
  const spans = await delivered(dead, content.spans.length);
  expect(sorted(spans).map((span) => withoutOurs(span))).toEqual(sorted(content.spans));
  // Nothing of the dead one is closed, and the next one settles the same traces.
  const next = await opened(folder);
  await settled(next, content);
  expect(next.status()[0]).toMatchObject({ taken: 0 });
});
