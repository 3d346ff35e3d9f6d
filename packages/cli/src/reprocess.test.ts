import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");

/** A server that tells a story about one reprocessing: each GET the next state, the last one again and again. */
let server: Server;
let url = "";
let story: readonly object[] = [];
let asked: string[] = [];
let onAsked: (request: string) => void = () => undefined;

const at = (state: string, done: number, more: object = {}) => ({
  state,
  error: null,
  done,
  of: 1_200,
  runs: done,
  changed: Math.floor(done / 2),
  unread: 0,
  resumed: false,
  ...more,
});

beforeEach(async () => {
  asked = [];
  onAsked = () => undefined;
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const line = `${request.method} ${request.url} ${body}`.trimEnd();
      asked.push(line);
      const [next = {}, ...rest] = story;
      if (request.method !== "DELETE" && rest.length > 0) story = rest;
      if (request.method === "DELETE") story = [at("stopped", 400)];
      response.writeHead("refused" in next ? 409 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify("refused" in next ? { error: next.refused } : next));
      onAsked(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

function started(...args: readonly string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "reprocess", ...args],
    { env: { ...process.env, ROOTWARD_URL: url }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => (stdout += text));
  child.stderr?.on("data", (text) => (stderr += text));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

describe("reprocess", () => {
  test("follows the server to the end and says what changed", async () => {
    story = [at("running", 0), at("running", 600), at("diagnosing", 1_200), at("done", 1_200)];
    expect(await started("--since", "7d", "--workflow", "claims").ended).toEqual({
      code: 0,
      stdout: "1,200 traces read again: 1,200 runs, 600 changed, diagnosed anew\n",
      stderr: "",
    });
    expect(asked[0]).toBe(
      'POST /api/reprocess {"since":"7d","until":null,"workflow":"claims","restart":false}',
    );
    expect(asked.slice(1)).toEqual(Array.from({ length: 3 }, () => "GET /api/reprocess"));
  });

  test("says where it goes on, what nothing is read of any more, and all of it as JSON", async () => {
    const last = at("done", 1_200, { changed: 0, unread: 3, resumed: true });
    story = [at("running", 400, { resumed: true }), last];
    expect(await started("--since", "7d").ended).toEqual({
      code: 0,
      stdout:
        "1,200 traces read again: 1,200 runs, none changed; 3 stored runs of which nothing is read any more: kept as they were\n",
      stderr: "goes on after 400 of 1,200 traces; --restart begins anew\n",
    });
    story = [last];
    const { stdout } = await started("--since", "7d", "--json").ended;
    expect(JSON.parse(stdout)).toEqual(last);
  });

  test("Ctrl-C asks the server to stop and tells how to go on", async () => {
    story = [at("running", 0)];
    const { child, ended } = started("--since", "2026-10-01", "--workflow", "claims and more");
    let gets = 0;
    onAsked = (request) => {
      if (request.startsWith("GET") && ++gets === 1) child.kill("SIGINT");
    };
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([130, ""]);
    expect(asked).toContain("DELETE /api/reprocess");
    expect(stderr).toBe(
      "stops after the running batch …\n" +
        'stopped after 400 of 1,200 traces. To go on: rootward reprocess --since 2026-10-01 --workflow "claims and more"\n',
    );
  });

  test("a failure in the server is exit 1 with its reason", async () => {
    story = [at("running", 0), at("failed", 100, { error: "no room is left" })];
    expect(await started("--since", "7d").ended).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "rootward: reprocessing failed after 100 of 1,200 traces: no room is left. The same command goes on there\n",
    });
  });

  test("what the server refuses is shown as it says it", async () => {
    story = [{ refused: "traces since 7d are being reprocessed" }];
    expect(await started("--since", "7d").ended).toEqual({
      code: 1,
      stdout: "",
      stderr: "rootward: traces since 7d are being reprocessed\n",
    });
  });

  test.each([
    [["--since", "yesterday"], /^rootward: --since is "yesterday"; expected a duration back/],
    [["--since", "7d", "--until", "soon"], /^rootward: --until is "soon"; expected a duration/],
    [[], /^rootward: required option '--since <time>' not specified/],
  ])("%j is one line and exit 2, and nothing is asked", async (args, why) => {
    const { code, stdout, stderr } = await started(...args).ended;
    expect([code, stdout, stderr.trimEnd().split("\n").length]).toEqual([2, "", 1]);
    expect(stderr).toMatch(why);
    expect(asked).toEqual([]);
  });

  test("a server that is not there is one line that says how to start it", async () => {
    const { code, stderr } = await started("--since", "7d", "--url", "http://127.0.0.1:1").ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rootward: no Rootward server answers at .*rootward serve\n$/);
  });
});
