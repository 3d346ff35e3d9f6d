import { describe, expect, test } from "vitest";
import { bodyJson, openDoor, spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";

const change = { at: "2026-11-14T05:58:00Z", kind: "index", title: "index v41 to v42" };

describe("status and health", () => {
  test("an empty server is healthy and has received nothing", async () => {
    const door = await openDoor();
    const health = await door.get("/healthz");
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: "ok", reason: null, version: "0.0.0", store: "ok" },
    ]);
    const status = await (await door.get("/api/status")).json();
    expect(status).toMatchObject({
      received: 0,
      openTraces: 0,
      runs: 0,
      oldestUnsettledMs: null,
      loopsClosed: { closed: 0, of: 0 },
    });
  });

  test("a store that fails makes the server refuse, with the reason", async () => {
    const { store } = await openDoor();
    const meta = async () => {
      throw new Error("the disk is gone");
    };
    const door = await openDoor();
    Object.assign(door.store, { ...store, meta });
    const health = await door.get("/healthz");
    expect([health.status, await health.json()]).toEqual([
      503,
      { status: "refusing", reason: "the disk is gone", version: "0.0.0", store: "failing" },
    ]);
  });

  test("a request to diagnose settles what has ended without waiting", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(spanJson(traceIdOf(1), spanIdOf(1))));
    const status = await (await door.post("/api/diagnose", "{}")).json();
    expect(status).toMatchObject({ runs: 1, openTraces: 0, pendingBytes: 0, workflows: 1 });
    const overview = await (await door.get("/api/overview")).json();
    expect(overview).toMatchObject({ workflows: [{ runs: 1 }], clusters: [], changes: [] });
  });
});

describe("runs", () => {
  test("are listed latest first, page by page", async () => {
    const door = await openDoor();
    const spans = [0, 1, 2, 3, 4].map((index) =>
      spanJson(traceIdOf(index), spanIdOf(index), "", 1_000 + index),
    );
    await door.post("/v1/traces", bodyJson(...spans));
    await door.post("/api/diagnose", "{}");
    const first = await (await door.get("/api/runs?limit=2")).json();
    expect(first).toMatchObject({ runs: [{ startedMs: 1_004 }, { startedMs: 1_003 }] });
    const next = await (await door.get("/api/runs?limit=9&before=1003")).json();
    expect(next).toMatchObject({
      runs: [{ startedMs: 1_002 }, { startedMs: 1_001 }, { startedMs: 1_000 }],
    });
    expect(await (await door.get("/api/runs?failed=1")).json()).toEqual({ runs: [] });
    expect(await (await door.get("/api/runs?workflow=other")).json()).toEqual({ runs: [] });
  });

  test("what is not there is 404 with its name", async () => {
    const door = await openDoor();
    for (const path of [
      "/api/runs/nonsense",
      `/api/runs/${traceIdOf(5)}`,
      "/api/clusters/CL-00000000",
      "/api/clusters/CL-00000000/runs",
      "/api/runs?cluster=CL-00000000",
      "/api/workflows/none/production/settings",
      "/api/nothing",
    ]) {
      const answer = await door.get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toEqual({ error: expect.stringMatching(/^no |not part of/) });
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });

  test("a query that makes no sense is 400 and names the key", async () => {
    const door = await openDoor();
    const answer = await door.get("/api/runs?limit=-3");
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringContaining("limit") },
    ]);
  });
});

describe("changes and cases", () => {
  test("one change or several are told, and listed by time", async () => {
    const door = await openDoor();
    await door.post("/api/changes", JSON.stringify(change));
    const many = [{ ...change, at: "2026-11-13T00:00:00+01:00", kind: "deploy", title: "2.1" }];
    expect((await door.post("/api/changes", JSON.stringify(many))).status).toBe(200);
    expect(await (await door.get("/api/changes")).json()).toMatchObject([
      { kind: "deploy", origin: "told" },
      { kind: "index", atMs: Date.parse(change.at) },
    ]);
  });

  test("the same change told twice is one", async () => {
    const door = await openDoor();
    await door.post("/api/changes", JSON.stringify(change));
    await door.post("/api/changes", JSON.stringify(change));
    expect(await (await door.get("/api/changes")).json()).toHaveLength(1);
  });

  test.each([
    ["a kind that does not exist", { ...change, kind: "weather" }, /kind/],
    ["a time without offset", { ...change, at: "2026-11-14" }, /at:/],
    ["nothing at all", [], /changes/],
  ])("%s is refused by name", async (_name, body, why) => {
    const door = await openDoor();
    const answer = await door.post("/api/changes", JSON.stringify(body));
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringMatching(why) },
    ]);
  });

  test("a cluster is guarded from the moment an active case is told of, also after a restart", async () => {
    const door = await openDoor();
    const note = {
      id: "EC-9f3a1c2e",
      cluster: "CL-9f3a1c2e",
      file: "evals/cases/EC-9f3a1c2e.yaml",
      severity: "P0",
      status: "active",
    };
    await door.post("/api/cases", JSON.stringify({ cases: [note] }));
    const again = await openDoor({ store: door.store });
    expect(await (await again.get("/api/cases")).json()).toEqual({
      cases: [{ ...note, source: "", title: "", activeMs: expect.any(Number) }],
      closures: [],
    });
    expect([...again.context.cases.guarded()]).toEqual(["CL-9f3a1c2e"]);
    const wrong = await door.post(
      "/api/cases",
      JSON.stringify({ cases: [{ ...note, cluster: 7 }] }),
    );
    expect(wrong.status).toBe(400);
  });
});

describe("questions in SQL", () => {
  test("are judged before the store sees them, which gets the limits and the text printed anew", async () => {
    const seen: unknown[] = [];
    const { store } = await openDoor();
    const sql = async (text: string, limits: object) => {
      seen.push(text, limits);
      return { columns: [{ name: "n", type: "UInt64" }], rows: [[3]] };
    };
    const door = await openDoor({ store: { ...store, sql } });
    const answer = await door.post(
      "/api/sql",
      JSON.stringify({ query: "select count() n from spans" }),
    );
    expect(await answer.json()).toEqual({ columns: [{ name: "n", type: "UInt64" }], rows: [[3]] });
    expect(seen).toEqual([
      "SELECT count() AS `n` FROM `spans`",
      { rowLimit: 10_000, timeoutMs: 10_000, memoryBytes: 268_435_456 },
    ]);
    const refused = await door.post("/api/sql", JSON.stringify({ query: "DROP TABLE spans" }));
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: "query refused: only SELECT is accepted, found DROP (character 1)" },
    ]);
    expect(seen).toHaveLength(2);
  });

  test("a store without SQL says so", async () => {
    const door = await openDoor();
    expect((await door.post("/api/sql", JSON.stringify({ query: "SELECT 1" }))).status).toBe(501);
  });
});

describe("who is answered", () => {
  const body = JSON.stringify(change);

  test.each([
    ["/api/status", { host: "evil.example" }],
    ["/api/status", { host: "evil.example:4318" }],
    ["/api/status", { host: "127.0.0.1.evil.example" }],
    ["/api/status", { host: "localhost@evil.example" }],
    ["/api/status", { "sec-fetch-site": "cross-site" }],
    ["/", { host: "rebound.example" }],
  ])("GET %s with %o is 403", async (path, headers) => {
    const door = await openDoor();
    expect((await door.get(path, headers as unknown as Record<string, string>)).status).toBe(403);
  });

  test.each(["/api/changes", "/v1/traces", "/api/diagnose"])(
    "POST %s from a page of another origin is 403 and changes nothing",
    async (path) => {
      const door = await openDoor();
      for (const origin of ["https://evil.example", "null", "http://localhost:3000"]) {
        const answer = await door.post(path, body, { origin, host: "localhost:4318" });
        expect([path, origin, answer.status]).toEqual([path, origin, 403]);
      }
      expect(await door.store.changes()).toEqual([]);
    },
  );

  test("this machine's own names and the page's own origin are answered, at any port", async () => {
    const door = await openDoor();
    for (const host of ["localhost:4318", "127.0.0.1:9000", "[::1]:4318", "localhost"]) {
      const answer = await door.post("/api/changes", body, { host, origin: `http://${host}` });
      expect([host, answer.status]).toEqual([host, 200]);
    }
  });

  test("a form of another page cannot post JSON", async () => {
    const door = await openDoor();
    const answer = await door.post("/api/changes", body, { "content-type": "text/plain" });
    expect(answer.status).toBe(415);
  });

  test("every answer carries the policy that keeps trace text from doing anything", async () => {
    const page = new Map([
      ["/index.html", { bytes: Uint8Array.from(Buffer.from("<html>")), type: "text/html" }],
      ["/assets/a-1.js", { bytes: Uint8Array.from(Buffer.from("1")), type: "text/javascript" }],
    ]);
    const door = await openDoor({ page });
    for (const path of ["/", "/runs/abc", "/assets/a-1.js", "/api/status", "/none.js"]) {
      const { headers } = await door.get(path);
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; script-src 'self'/,
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
    expect(await (await door.get("/clusters/CL-1")).text()).toBe("<html>");
    expect((await door.get("/assets/a-1.js")).headers.get("cache-control")).toContain("immutable");
    expect((await door.get("/none.js")).status).toBe(404);
  });

  test("a page that is not built says so", async () => {
    const door = await openDoor();
    const answer = await door.get("/");
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringContaining("npm run build"),
    ]);
  });
});
