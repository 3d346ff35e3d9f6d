import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { policy } from "@rootward/pipeline/model/policy";
import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { type Running, start } from "./running.ts";
import { bodyJson, spanIdOf, traceIdOf } from "./testing/door.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-reprocess-"));
const started: Running[] = [];
afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serverOn(name: string, rootward: RootwardConfig): Promise<Running> {
  const running = await start({
    host: "127.0.0.1",
    port: 0,
    grpcPort: null,
    metrics: null,
    forward: [],
    dataDir: join(folder, name),
    clickhouseUrl: null,
    rootward,
    contractFolder: folder,
    contracts: new Map(),
  });
  started.push(running);
  return running;
}

async function stop(running: Running): Promise<void> {
  started.splice(started.indexOf(running), 1);
  await running.stop();
}

const startMs = Date.parse("2026-10-01T08:00:00Z");

function attributes(of: Readonly<Record<string, string>>) {
  return Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** A run that calls a tool and answers with a citation of what only a declared pattern takes for one. */
function runJson(index: number, workflow = "desk"): readonly object[] {
  const traceId = traceIdOf(index);
  const atMs = startMs + index * 60_000;
  const nanos = (ms: number) => `${atMs + ms}000000`;
  const documents = JSON.stringify([{ id: "note/7", text: "Nothing is kept for longer." }]);
  return [
    {
      traceId,
      spanId: spanIdOf(2),
      parentSpanId: spanIdOf(1),
      name: "execute_tool find_notes",
      kind: 1,
      startTimeUnixNano: nanos(10),
      endTimeUnixNano: nanos(20),
      attributes: attributes({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "find_notes",
        "gen_ai.tool.call.id": `call-${index}`,
        "gen_ai.tool.call.arguments": JSON.stringify({ query: `how long ${index}` }),
        "gen_ai.tool.call.result": documents,
      }),
    },
    {
      traceId,
      spanId: spanIdOf(1),
      name: `invoke_agent ${workflow}`,
      kind: 1,
      startTimeUnixNano: nanos(0),
      endTimeUnixNano: nanos(50),
      attributes: attributes({
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": workflow,
        "gen_ai.input.messages": JSON.stringify([
          { role: "user", parts: [{ type: "text", content: `How long, case ${index}?` }] },
        ]),
        "gen_ai.output.messages": JSON.stringify([
          {
            role: "assistant",
            parts: [{ type: "text", content: `Five years, says ~${8 + index}~ of the book.` }],
          },
        ]),
      }),
    },
  ];
}

async function post(running: Running, path: string, body: unknown): Promise<Response> {
  return await running.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function sent(running: Running, from: number, to: number, workflow?: string) {
  const spans = Array.from({ length: to - from }, (_, at) => runJson(from + at, workflow)).flat();
  const response = await running.app.request("/v1/traces", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: bodyJson(...spans),
  });
  expect(response.status).toBe(200);
  expect((await post(running, "/api/diagnose", {})).status).toBe(200);
}

interface Line {
  readonly id: string;
  readonly workflow: string;
  readonly signals: Record<string, { readonly kind: string; readonly value?: unknown }>;
}

async function lines(running: Running): Promise<readonly Line[]> {
  const answer = await running.app.request("/api/runs?limit=1000");
  const { runs } = (await answer.json()) as { readonly runs: readonly Line[] };
  return runs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function grounded(running: Running) {
  return (await lines(running)).map(({ signals }) => signals["grounded"]?.value ?? null);
}

type Progress = Readonly<Record<string, unknown>> & { readonly state: string };

async function progress(running: Running): Promise<Progress> {
  return (await (await running.app.request("/api/reprocess")).json()) as Progress;
}

/** Waits until it has ended, or until what was asked holds. */
async function until(running: Running, holds: (now: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const now = await progress(running);
    if (holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const ended = ({ state }: Progress) => ["done", "stopped", "failed", "none"].includes(state);

const since = "2026-09-01";
const withCitations: RootwardConfig = {
  workflows: { desk: { citation: { pattern: "~\\d+~" }, retrievers: ["find_notes"] } },
};

describe("stored traces are read again with what is declared now", () => {
  test("their runs and readings are replaced, diagnosed, and reading once more changes nothing", async () => {
    const before = await serverOn("declared", {});
    await sent(before, 0, 6);
    expect(await grounded(before)).toEqual(Array.from({ length: 6 }, () => null));
    await stop(before);
    const after = await serverOn("declared", withCitations);
    expect((await post(after, "/api/reprocess", { since })).status).toBe(200);
    expect(await until(after, ended)).toMatchObject({
      state: "done",
      of: 6,
      done: 6,
      runs: 6,
      changed: 6,
      unread: 0,
    });
    expect(await grounded(after)).toEqual([0, 0, 0, 0, 0, 0]);
    const overview = await (await after.app.request("/api/overview")).json();
    expect(overview).toMatchObject({ workflows: [{ name: "desk", runs: 6, failedRuns: 6 }] });
    const again = await post(after, "/api/reprocess", { since });
    expect(await again.json()).toMatchObject({ state: "running", resumed: false, done: 0 });
    expect(await until(after, ended)).toMatchObject({ state: "done", runs: 6, changed: 0 });
  });

  test("only those of the workflow and of the time that are named", async () => {
    const before = await serverOn("some", {});
    await sent(before, 0, 4);
    await sent(before, 10, 12, "other");
    await stop(before);
    const desk = withCitations.workflows?.["desk"] ?? {};
    const after = await serverOn("some", { workflows: { desk, other: desk } });
    await post(after, "/api/reprocess", {
      since: new Date(startMs + 60_000).toISOString(),
      until: new Date(startMs + 3 * 60_000).toISOString(),
      workflow: "desk",
    });
    expect(await until(after, ended)).toMatchObject({ state: "done", of: 2, changed: 2 });
    expect(await grounded(after)).toEqual([null, 0, 0, null, null, null]);
  });

  test("a run that goes by another id is found by its old one", async () => {
    const before = await serverOn("renamed", {});
    // Two agents side by side without a parent are two runs of one trace; with the agent above them they are one.
    const [tool, root] = runJson(0);
    const second = { ...root, spanId: spanIdOf(5), name: "invoke_agent twin" };
    await before.app.request("/v1/traces", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: bodyJson(tool ?? {}, root ?? {}, second),
    });
    await post(before, "/api/diagnose", {});
    const ids = (await lines(before)).map(({ id }) => id);
    expect(ids).toEqual([`${traceIdOf(0)}-${spanIdOf(1)}`, `${traceIdOf(0)}-${spanIdOf(5)}`]);
    const above = { traceId: traceIdOf(0), spanId: spanIdOf(9), kind: 1 };
    const times = {
      startTimeUnixNano: `${startMs - 5}000000`,
      endTimeUnixNano: `${startMs + 90}000000`,
    };
    const parents = [
      tool,
      { ...root, parentSpanId: spanIdOf(9) },
      { ...second, parentSpanId: spanIdOf(9) },
    ];
    const name = attributes({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "desk",
    });
    await before.app.request("/v1/traces", {
      method: "POST",
      headers: { "content-type": "application/json" },
      // Later ends: of two versions of a span the one that ends later stays.
      body: bodyJson(
        { ...above, ...times, name: "invoke_agent desk", attributes: name },
        ...parents.map((span) => ({ ...span, endTimeUnixNano: `${startMs + 80}000000` })),
      ),
    });
    await stop(before);
    const after = await serverOn("renamed", {});
    await post(after, "/api/reprocess", { since });
    expect(await until(after, ended)).toMatchObject({ state: "done", runs: 1, changed: 1 });
    expect((await lines(after)).map(({ id }) => id)).toEqual([traceIdOf(0)]);
    for (const id of ids) {
      const answer = await after.app.request(`/api/runs/${id}`);
      expect(await answer.json()).toMatchObject({ run: { id: traceIdOf(0) } });
    }
    await post(after, "/api/reprocess", { since });
    expect(await until(after, ended)).toMatchObject({ state: "done", runs: 1, changed: 0 });
  });
});

describe("it is stopped and goes on", () => {
  const runs = policy("reprocessBatchTraces") * 3 + 20;

  test("after the running batch, with the same words, also in the next process", async () => {
    const before = await serverOn("stopped", {});
    await sent(before, 0, runs);
    await stop(before);
    const second = await serverOn("stopped", withCitations);
    await post(second, "/api/reprocess", { since });
    const response = await second.app.request("/api/reprocess", { method: "DELETE" });
    expect(await response.json()).toMatchObject({ state: "stopping" });
    const stopped = await until(second, ended);
    expect(stopped.state).toBe("stopped");
    expect(stopped["done"]).toBeLessThan(runs);
    const twice = await second.app.request("/api/reprocess", { method: "DELETE" });
    expect([twice.status, await twice.json()]).toEqual([
      404,
      { error: "nothing is being reprocessed" },
    ]);
    // The server ends in the middle.
    await post(second, "/api/reprocess", { since });
    await until(second, (now) => Number(now["done"]) > Number(stopped["done"]));
    await stop(second);
    const third = await serverOn("stopped", withCitations);
    const left = await progress(third);
    expect(left).toMatchObject({ state: "stopped", words: { since, until: null, workflow: null } });
    const after = await post(third, "/api/reprocess", { since });
    expect(await after.json()).toMatchObject({ resumed: true, cursor: left["cursor"] });
    expect(await until(third, ended)).toMatchObject({
      state: "done",
      done: runs,
      runs,
      changed: runs,
    });
    expect(new Set(await grounded(third))).toEqual(new Set([0]));
  });

  test("anew when it is asked to, and when the settings are others than those that read the first half", async () => {
    const third = await serverOn("stopped", withCitations);
    await post(third, "/api/reprocess", { since });
    await third.app.request("/api/reprocess", { method: "DELETE" });
    await until(third, ended);
    const anew = await post(third, "/api/reprocess", { since, restart: true });
    expect(await anew.json()).toMatchObject({ resumed: false, cursor: null, done: 0 });
    await third.app.request("/api/reprocess", { method: "DELETE" });
    expect(await until(third, ended)).toMatchObject({ state: "stopped" });
    await stop(third);
    const fourth = await serverOn("stopped", { workflows: { desk: { compliance: true } } });
    const other = await post(fourth, "/api/reprocess", { since });
    expect(await other.json()).toMatchObject({ resumed: false, done: 0 });
    expect(await until(fourth, ended)).toMatchObject({ state: "done", changed: runs });
  });
});

describe("what cannot be done is said", () => {
  test("a second one while the first runs, and traces that are settled meanwhile", async () => {
    const running = await serverOn("busy", {});
    await sent(running, 0, 250);
    await post(running, "/api/reprocess", { since });
    const second = await post(running, "/api/reprocess", { since: "2026-09-15" });
    expect([second.status, await second.json()]).toEqual([
      409,
      {
        error: expect.stringMatching(
          /^traces since 2026-09-01 are being reprocessed, \d+ of 250 are done; wait for it, or stop it/,
        ),
      },
    ]);
    await sent(running, 250, 260);
    expect(await lines(running)).toHaveLength(260);
    expect(await until(running, ended)).toMatchObject({ state: "done" });
  });

  test.each([
    [{}, 400, /^the order: since: /],
    [{ since: "yesterday" }, 400, /^since is "yesterday"; expected a duration back from now \(90m/],
    [{ since: "7d", until: "2026-13-01" }, 400, /^until is "2026-13-01"; expected/],
    [{ since: "1h", until: "2h" }, 400, /^since is "1h" and until is "2h"; since must be first$/],
    [
      { since: "2999-01-01" },
      400,
      /^since is "2999-01-01" and until is "now"; since must be first$/,
    ],
    [{ since: "7d", workflow: "nobody" }, 404, /^no trace is stored from .* of workflow "nobody"$/],
  ])("%j", async (order, status, why) => {
    const running = await serverOn("refused", {});
    const response = await post(running, "/api/reprocess", order);
    const { error } = (await response.json()) as { readonly error: string };
    expect([response.status, error]).toEqual([status, expect.stringMatching(why)]);
    expect(await progress(running)).toEqual({ state: "none" });
  });
});
