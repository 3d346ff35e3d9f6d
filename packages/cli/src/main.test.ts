import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusLines } from "./commands/status.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const folder = mkdtempSync(join(tmpdir(), "rootward-cli-"));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line in a process of its own, from the source. */
async function rootward(...args: readonly string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    { cwd: folder, env: { ...process.env, ROOTWARD_URL: url }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return await new Promise((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
}

/** A server that answers as the API is documented, and keeps what it was sent. */
let server: Server;
let url = "";
const received: { readonly path: string | undefined; readonly body: unknown }[] = [];
const table = {
  columns: [
    { name: "name", type: "String" },
    { name: "n", type: "UInt64" },
  ],
  rows: [
    ["chat\u001b[31m", 12],
    [null, 3],
  ],
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const parsed: unknown = body === "" ? null : JSON.parse(body);
  received.push({ path: request.url, body: parsed });
  const refused = JSON.stringify(parsed).includes("DROP");
  response.writeHead(refused ? 400 : 200, { "content-type": "application/json" });
  const refusal = { error: "query refused: only SELECT is accepted, found DROP (character 1)" };
  response.end(JSON.stringify(refused ? refusal : table));
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("usage", () => {
  test.each([
    [["sql"], /^rootward: missing required argument 'query'/],
    [["sql", "--jsno", "x"], /^rootward: unknown option '--jsno'/],
    [["status", "--url", "nowhere"], /^rootward: the server's URL is "nowhere"; expected http/],
    [
      ["changes", "add", "--kind", "weather", "--at", "2026-01-01T00:00:00Z", "--title", "x"],
      /^rootward: --kind is "weather": expected one of deploy, prompt/,
    ],
    [
      ["changes", "add", "--kind", "deploy", "--at", "yesterday", "--title", "x"],
      /^rootward: --at is "yesterday": expected a time such as/,
    ],
    [
      ["changes", "add", "--kind", "deploy", "--at", "2026-01-01T00:00:00Z"],
      /^rootward: --title is missing/,
    ],
    [
      ["baseline", "accept", "claims", "--from", "2026-01-01T00:00:00Z", "--by", "ana"],
      /^rootward: neither --why nor --change is given/,
    ],
    [
      ["baseline", "accept", "claims", "--from", "monday", "--by", "ana", "--why", "x"],
      /^rootward: --from is "monday"; expected a time such as/,
    ],
  ])("%j is one line and exit 2", async (args, why) => {
    const { code, stdout, stderr } = await rootward(...args);
    expect([code, stdout, stderr.trimEnd().split("\n").length]).toEqual([2, "", 1]);
    expect(stderr).toMatch(why);
  });

  test("an unknown command is no verdict of the gate: exit 64, so that a mistyped gate is not read as one", async () => {
    const { code, stdout, stderr } = await rootward("gaet");
    expect([code, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(/^rootward: unknown command 'gaet'/);
  });

  test("help names every command and is no error", async () => {
    const { code, stdout } = await rootward("--help");
    expect(code).toBe(0);
    for (const name of ["serve", "import", "status", "changes", "sql"])
      expect(stdout).toContain(name);
  });
});

describe("a server is asked", () => {
  test("for a table: data on standard output, how many rows on standard error", async () => {
    const { code, stdout, stderr } = await rootward("sql", "SELECT name, count() n FROM spans");
    expect([code, stdout, stderr]).toEqual([
      0,
      "name        n\nchat�[31m  12\n–           3\n",
      "2 rows\n",
    ]);
    expect(received.at(-1)).toEqual({
      path: "/api/sql",
      body: { query: "SELECT name, count() n FROM spans" },
    });
  });

  test("for the same as JSON", async () => {
    const { stdout } = await rootward("sql", "--json", "SELECT 1");
    expect(JSON.parse(stdout)).toEqual(table);
  });

  test("and its refusal is shown as it stands", async () => {
    expect(await rootward("sql", "DROP TABLE spans")).toEqual({
      code: 1,
      stdout: "",
      stderr: "rootward: query refused: only SELECT is accepted, found DROP (character 1)\n",
    });
  });

  test("that is not there: the command that starts one", async () => {
    const { code, stderr } = await rootward("status", "--url", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^rootward: no Rootward server answers at http:\/\/127\.0\.0\.1:1 .*Start one with: rootward serve\n$/,
    );
  });

  test("to take what a workflow does now as its new normal", async () => {
    const words = ["--from", "2026-01-01T00:00:00Z", "--by", "ana", "--why", "new index"];
    const { code, stdout } = await rootward("baseline", "accept", "claims", ...words);
    expect([code, stdout]).toEqual([
      0,
      "claims (production): its first 200 runs from 2026-01-01T00:00:00Z on are the baseline; the earlier one stays in: rootward baseline history\n",
    ]);
    expect(received.at(-1)).toEqual({
      path: "/api/baselines",
      body: {
        workflow: "claims",
        environment: "production",
        from: "2026-01-01T00:00:00Z",
        by: "ana",
        why: "new index",
        reprocess: false,
      },
    });
  });

  test("to take a file of changes, all of them or none", async () => {
    const good = { at: "2026-01-01T00:00:00Z", kind: "deploy", title: "2.0" };
    writeFileSync(join(folder, "good.json"), JSON.stringify([good, good]));
    expect((await rootward("changes", "add", "--file", "good.json")).stdout).toBe(
      "2 changes added\n",
    );
    expect(received.at(-1)).toEqual({ path: "/api/changes", body: [good, good] });
    const asked = received.length;
    writeFileSync(join(folder, "bad.json"), JSON.stringify([good, { ...good, kind: 7 }]));
    const bad = await rootward("changes", "add", "--file", "bad.json");
    expect([bad.code, bad.stderr]).toEqual([
      1,
      expect.stringMatching(/^rootward: bad\.json: entry 2: kind is 7: expected one of/),
    ]);
    const missing = await rootward("changes", "add", "--file", "none.json");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("none.json")]);
    expect(received).toHaveLength(asked);
  });
});

test("the status says in a line each how workflows behave, what came in, and which loops are closed", () => {
  const point = (good: number, measured: number) => [{ good, measured }];
  const lines = statusLines({
    workflows: [
      {
        name: "policy-check",
        environment: "production",
        runs: 1_574,
        failedRuns: 132,
        state: "active",
        drifts: [{ signal: "grounded", open: true }],
        streams: [
          { state: "watched", falseAlarmRate: 0.007 },
          { state: "watched", falseAlarmRate: 0.0085 },
          { state: "provisional", falseAlarmRate: 0 },
        ],
        daily: {
          grounded: point(71, 100),
          fallback: point(99, 100),
          confidence: [],
          downstream_ok: point(3, 3),
        },
      },
    ],
    clusters: [{ id: "CL-9f3a1c2e", state: "guarded", size: 132 }],
    status: {
      version: "0.1.0",
      received: 21_377,
      accepted: 21_371,
      rejected: { "trace id of zeros": 6 },
      unreadable: 1,
      tooLarge: 0,
      refusedOverload: 12,
      refusedStore: 0,
      truncated: 3,
      duplicates: 40,
      late: 7,
      unmapped: { "app.tier": 20, "app.region": 900, a: 1, b: 1, c: 1, d: 1, other: 1 },
      metricsDropped: 0,
      failures: 0,
      pendingBytes: 51_200,
      openTraces: 2,
      oldestUnsettledAgeMs: 3_200,
      spans: 21_331,
      runs: 1_574,
      forward: [
        {
          name: "langfuse",
          sent: 20_100,
          rejected: 2,
          refused: 40,
          dropped: 0,
          waitingRecords: 1_231,
          waitingBytes: 7_340_032,
          retries: 3,
          lastSuccessMs: Date.UTC(2026, 10, 14, 5, 58),
          trouble: "503 Service Unavailable",
          lastRejected: "no name",
          lastRefused: "401 no such key",
          lastDropped: null,
        },
      ],
      loopsClosed: { closed: 1, of: 1 },
      warnings: [],
    },
  });
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "policy-check · production   active       1,574 runs  132 failed   grounded drift 71 %     fallback ok 99 %        confidence –            downstream_ok ok 100 %

    watched  2 streams for drifts · 0.02 false alarms expected a quarter, all together
    ingest   received 21,377 · accepted 21,371 · rejected 6 (6 trace id of zeros) · duplicate 40 · late 7 · stored 21,331 spans, 1,574 runs
    waiting  open traces 2, the oldest 4 s old · 51,200 bytes to be inserted
    refused  12 requests for overload · 1 request unreadable
    cut      3 attributes
    unread   app.region 900 · app.tier 20 · a 1 · b 1 · c 1 · and 2 other attributes
    loops    1 of 1 closed · 1 cluster: 1 guarded
    forward  langfuse: sent 20,100 · waiting 1,231, 7,340,032 bytes · retries 3 (503 Service Unavailable) · rejected 2 (no name) · refused 40 (401 no such key) · dropped 0 · last success 2026-11-14T05:58:00.000Z"
  `);
});
