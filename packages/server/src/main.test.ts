import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { bodyJson, spanIdOf, spanJson, traceIdOf } from "./testing/door.ts";
import { hasEngine } from "./testing/has-engine.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const folder = mkdtempSync(join(tmpdir(), "rootward-main-"));
const children: ChildProcess[] = [];

interface Started {
  readonly child: ChildProcess;
  /** Where OTLP/gRPC is taken, once it listens; null where it is off. */
  readonly grpcPort: Promise<number | null>;
  /** Standard output so far, and the URL once it listens. */
  readonly ready: Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** The server's program from its source, in a process of its own. */
function started(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    {
      cwd: folder,
      env: { ...process.env, UV_THREADPOOL_SIZE: "16", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  children.push(child);
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (text) => (stderr += text));
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stderr })),
  );
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (text) => {
      stdout += text;
      const url = /listening on (\S+)/.exec(stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(({ stderr: why }) => reject(new Error(`it ended: ${why}`)));
  });
  ready.catch(() => undefined);
  const portIn = () => /OTLP\/gRPC on 127\.0\.0\.1:(\d+) /.exec(stdout)?.[1] ?? null;
  const grpcPort = ready.then(portIn).then((port) => (port === null ? null : Number(port)));
  grpcPort.catch(() => undefined);
  return { child, ready, grpcPort, ended };
}

async function send(url: string, index: number): Promise<number> {
  const body = bodyJson(spanJson(traceIdOf(index), spanIdOf(index)));
  const headers = { "content-type": "application/json" };
  return (await fetch(`${url}/v1/traces`, { method: "POST", body, headers })).status;
}

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasEngine())("the server's program", () => {
  test("says where it listens, ends in order at SIGTERM, and keeps what it acknowledged", async () => {
    const data = join(folder, "kept");
    const first = started(["--data", data, "--port", "0"]);
    expect(await send(await first.ready, 1)).toBe(200);
    first.child.kill("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, stderr: "" });
    const second = started(["--data", data, "--port", "0"]);
    const status = await (await fetch(`${await second.ready}/api/status`)).json();
    expect(status).toMatchObject({ spans: 1 });
    second.child.kill("SIGINT");
    expect((await second.ended).code).toBe(0);
  });

  test("keeps what it acknowledged when it is killed", async () => {
    const data = join(folder, "killed");
    const first = started(["--data", data, "--port", "0"]);
    const url = await first.ready;
    for (let index = 0; index < 20; index += 1) expect(await send(url, index)).toBe(200);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = started(["--data", data, "--port", "0"]);
    const status = await (await fetch(`${await second.ready}/api/status`)).json();
    expect(status).toMatchObject({ spans: 20 });
  });

  test("enlarges libuv's pool by itself, and passes signals on", async () => {
    const data = join(folder, "pool");
    const { child, ready, ended } = started(["--data", data, "--port", "0"], {
      UV_THREADPOOL_SIZE: undefined,
    });
    await ready;
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });

  test("takes OTLP/gRPC beside HTTP, and keeps it over a restart", async () => {
    const data = join(folder, "grpc");
    const first = started(["--data", data, "--port", "0"]);
    const sender = fileURLToPath(new URL("../test/otel-exporter.ts", import.meta.url));
    const url = `http://127.0.0.1:${await first.grpcPort}`;
    await promisify(execFile)(process.execPath, ["--import", loader, sender, url]);
    first.child.kill("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, stderr: "" });
    const second = started(["--data", data, "--port", "0", "--grpc-port", "off"]);
    const status = await (await fetch(`${await second.ready}/api/status`)).json();
    expect(status).toMatchObject({ spans: 2 });
    expect(await second.grpcPort).toBeNull();
  });

  test("counts what its runs showed on /metrics, and pushes the last totals when it ends", async () => {
    const bodies: string[] = [];
    const keys: unknown[] = [];
    const endpoint = createHttpServer((request, response) => {
      keys.push(request.headers["x-key"]);
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
      request.on("end", () => {
        bodies.push(body);
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
    const address = endpoint.address();
    const port = typeof address === "object" ? address?.port : 0;
    const config = join(folder, "push.yaml");
    const url = `http://127.0.0.1:${port}/v1/metrics`;
    const target = `url: ${url}, headers: { x-key: "\${METRICS_KEY}" }, everyMs: 3600000`;
    writeFileSync(config, `metrics: { ${target} }\n`);
    const args = ["--data", join(folder, "push"), "--port", "0", "--config", config];
    const server = started(args, { METRICS_KEY: "secret" });
    const own = await server.ready;
    const attributes = [
      { key: "gen_ai.operation.name", value: { stringValue: "invoke_agent" } },
      { key: "app.tier", value: { stringValue: "gold" } },
    ];
    const body = bodyJson({ ...spanJson(traceIdOf(1), spanIdOf(1)), attributes });
    const headers = { "content-type": "application/json" };
    await fetch(`${own}/v1/traces`, { method: "POST", body, headers });
    await fetch(`${own}/api/diagnose`, { method: "POST", body: "{}", headers });
    const text = await (await fetch(`${own}/metrics`)).text();
    expect(text).toMatch(/^rootward_attributes_unmapped_total\{name="app\.tier"\} 1$/m);
    expect(text).toMatch(
      /^rootward_workflow_runs_total\{workflow="[^"]+",environment="[^"]+"\} 1$/m,
    );
    expect(text).toMatch(/^rootward_signal_absent_total\{.*signal="grounded",reason="\w+"\} 1$/m);
    expect(bodies).toEqual([]);
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, stderr: "" });
    endpoint.close();
    expect([bodies.length, keys]).toEqual([1, ["secret"]]);
    expect(bodies[0]).toContain('"rootward_workflow_runs"');
  });

  test("a taken port for gRPC is one clear line that names its flag, and exit 1", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const address = holder.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const args = ["--data", join(folder, "taken"), "--port", "0", "--grpc-port", port];
    const { code, stderr } = await started(args).ended;
    holder.close();
    expect([code, stderr]).toEqual([
      1,
      `rootward: port ${port} is taken by another program; stop it, or choose another one with --grpc-port (or off)\n`,
    ]);
  });

  test("a data directory in use, a taken port and a newer directory are one clear line and exit 1", async () => {
    const data = join(folder, "used");
    const url = await started(["--data", data, "--port", "0"]).ready;
    const { port } = new URL(url);
    const locked = await started(["--data", data, "--port", "0"]).ended;
    expect(locked).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^rootward: the data directory \S+used is in use by process \d+; [^\n]*\n$/,
      ),
    });
    const elsewhere = ["--data", join(folder, "other"), "--grpc-port", "off"];
    const taken = await started([...elsewhere, "--port", port]).ended;
    expect(taken).toEqual({
      code: 1,
      stderr: `rootward: port ${port} is taken by another program; stop it, or choose another one with --port\n`,
    });
    const newer = join(folder, "newer");
    mkdirSync(newer);
    writeFileSync(join(newer, "VERSION"), JSON.stringify({ format: 99_999, writtenBy: "9.9.9" }));
    const refused = await started(["--data", newer, "--port", "0"]).ended;
    expect(refused).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^rootward: .*9\.9\.9.*\n$/),
    });
  });
});

describe("what the operator got wrong is one clear line and exit 2", () => {
  test.each([
    [["--host", "0.0.0.0"], /host is "0\.0\.0\.0".*keys.*not built yet/],
    [["--port", "http"], /--port is "http"; expected a number/],
    [["--grpc-port", "on"], /--grpc-port is "on"; expected a number from 0 to 65535 .*, or off/],
    [["--host", "192.168.1.2", "--grpc-port", "4317"], /host is "192\.168\.1\.2"/],
    [["--prot", "1"], /--prot/],
    [["--config", "missing.yaml"], /cannot read the configuration \S+missing\.yaml/],
  ])("%j", async (args, why) => {
    const { code, stderr } = await started(args).ended;
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
    expect(stderr).toMatch(why);
  });

  test.each([
    ["url: ftp://127.0.0.1/x", /metrics\.url.*http:\/\/ or https:\/\//],
    ["url: http://127.0.0.1/x, everyMs: 10", /everyMs.*10/],
    [
      'url: http://127.0.0.1/x, headers: { x-key: "${NOT_SET_ANYWHERE}" }',
      /metrics\.headers\.x-key is "\$\{NOT_SET_ANYWHERE\}", and the environment variable NOT_SET_ANYWHERE is not set/,
    ],
    [
      'url: http://127.0.0.1/x, headers: { "x key": "1" }',
      /metrics\.headers\.x key cannot be sent/,
    ],
  ])("metrics: { %s }", async (text, why) => {
    const file = join(folder, "metrics.yaml");
    writeFileSync(file, `metrics: { ${text} }\n`);
    const { code, stderr } = await started([], { ROOTWARD_CONFIG: file }).ended;
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
    expect(stderr).toMatch(why);
  });

  test("a store that is no ClickHouse, with what is accepted and without its password", async () => {
    const store = "clickhouse://ann:secret@a:8123,b:8123/traces";
    const { code, stderr } = await started([], { ROOTWARD_STORE: store }).ended;
    expect([code, stderr.split("\n").length]).toEqual([2, 2]);
    expect(stderr).toMatch(/ROOTWARD_STORE: it names several servers and no cluster; expected /);
    expect(stderr).not.toMatch(/secret/);
  });

  test("an unknown key of rootward.yaml, with its place", async () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "server:\n  prot: 1\n");
    const { code, stderr } = await started([], { ROOTWARD_CONFIG: file }).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^rootward: \S+wrong\.yaml:2:3: unknown key "prot" in server; accepted: the keys host, port, grpcPort\n$/,
    );
  });
});
