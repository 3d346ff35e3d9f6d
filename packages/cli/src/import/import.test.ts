// `rootward import` as a person calls it, in a process of its own, against a real server in this one.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Capture } from "@rootward/pipeline/testing/captures";
import { contentOf, packedCaptures } from "@rootward/pipeline/testing/captures";
import { asJaeger, asPhoenix } from "@rootward/pipeline/testing/foreign";
import { asLangfuse, asLangsmith, asMlflow } from "@rootward/pipeline/testing/foreign-traces";
import { openDoor } from "../../../server/src/testing/door.ts";
import type { Door } from "../../../server/src/testing/door.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const folder = mkdtempSync(join(tmpdir(), "rootward-import-"));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function start(env: Readonly<Record<string, string>>, ...args: readonly string[]): Started {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "import", ...args],
    {
      cwd: folder,
      env: { ...process.env, ROOTWARD_URL: rootward.url, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => (stdout += text));
  child.stderr?.on("data", (text) => (stderr += text));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

async function run(...args: readonly string[]): Promise<Ended> {
  return await start({}, ...args).ended;
}

type Answering = (
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
) => Promise<void> | void;

/** A server on a free port whose answers a test decides. */
interface Stub {
  readonly url: string;
  readonly server: Server;
  answer: Answering;
}

async function stub(answer: Answering): Promise<Stub> {
  const made: { answer: Answering } = { answer };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    await made.answer(request, body, response);
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(made, { url, server });
}

let door: Door;
let rootward: Stub;
let product: Stub;
/** Requests that the product got. */
let asked: {
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}[];

/** The real server's door, over HTTP. */
const toDoor: Answering = async (request, body, response) => {
  const answer = await door.app.request(request.url ?? "/", {
    method: request.method ?? "GET",
    headers: Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
};

function json(response: ServerResponse, value: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

beforeAll(async () => {
  rootward = await stub(toDoor);
  product = await stub(() => undefined);
});

beforeEach(async () => {
  door = await openDoor();
  rootward.answer = toDoor;
  asked = [];
});

afterAll(() => {
  rootward.server.close();
  product.server.close();
  rmSync(folder, { recursive: true, force: true });
});

const captures = packedCaptures();
const named = (pattern: RegExp): readonly Capture[] =>
  captures.filter((capture) => pattern.test(capture.name));
const spansOf = (pattern: RegExp) => named(pattern).flatMap((capture) => contentOf(capture).spans);

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const sizes = () => ({
  accepted: door.context.counters.accepted,
  duplicates: door.context.counters.duplicates,
});

describe("files", () => {
  test("of every format, in one folder, packed or not, are told apart and sent; twice changes nothing", async () => {
    const collector = named(/^semconv-reference\/.*json/).flatMap((capture) =>
      capture.bodies.map((body) => Buffer.from(body.bytes).toString("utf8")),
    );
    const lines = asLangsmith(spansOf(/^langsmith/)).map((each) => JSON.stringify(each));
    write("all/collector.json", `${collector.join("\n")}\n`);
    write("all/body.pb", named(/^vercel-ai\/gzip/)[0]?.bodies[0]?.bytes ?? "");
    write("all/deep/runs.jsonl.gz", gzipSync(lines.join("\n")));
    write("all/deep/traces.json", JSON.stringify(asLangfuse(spansOf(/^langfuse/)), null, 2));
    write("all/mlflow.json", JSON.stringify(asMlflow(spansOf(/^py-mlflow/), "v4")));
    write("all/phoenix.json", JSON.stringify(asPhoenix(spansOf(/^py-smolagents/), "columns")));
    write("all/jaeger.json", JSON.stringify(asJaeger(spansOf(/^openllmetry/))));
    write("all/notes.json", `{"some": "notes"}`);

    const first = await run("all", "--json");
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/^warning: left out: .*notes\.json is no export that is known/);
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({
      ended: "complete",
      rejected: 0,
      reasons: {},
      unmapped: {},
      to: rootward.url,
    });
    expect(report.from).toBe("7 files (otlp, langsmith, langfuse, jaeger, mlflow, phoenix)");
    expect(report.accepted).toBe(report.spans + report.logs);
    expect(sizes()).toEqual({ accepted: report.accepted, duplicates: 0 });

    const again = await run("all");
    expect(again.stdout).toContain(`imported ${report.traces} traces, ${report.spans} spans`);
    expect(sizes()).toEqual({ accepted: report.accepted * 2, duplicates: report.accepted });
    expect(await door.store.counts()).toMatchObject({ spans: report.spans, logs: report.logs });
  });

  test("that are no export are an error that names them and what is accepted, and nothing is sent", async () => {
    const good = write("good.json", JSON.stringify(asJaeger(spansOf(/^openllmetry/))));
    const bad = write("bad.json", `{"compilerOptions": {}}`);
    const { code, stdout, stderr } = await run(good, bad);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^rootward: .*bad\.json is no export that is known; accepted: OTLP: /);
    for (const name of ["Jaeger", "Langfuse", "LangSmith", "MLflow", "Phoenix"])
      expect(stderr).toContain(`${name}: `);
    expect(sizes().accepted).toBe(0);
  });

  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ["--from", "zipkin", "x.json"],
      2,
      /^rootward: --from is "zipkin"; expected one of otlp, jaeg/,
    ],
    [["missing.json"], 1, /^rootward: missing\.json does not exist/],
    [["--since", "7d", "x.json"], 2, /^rootward: --since and paths together/],
    [[], 2, /^rootward: nothing to import: give paths, or --from langfuse/],
    [["--from", "langfuse"], 2, /^rootward: --url is missing: the address of langfuse/],
    [
      ["--from", "langfuse", "--url", "http://127.0.0.1:1"],
      2,
      /^rootward: LANGFUSE_PUBLIC_KEY is not set/,
    ],
  ];
  test("that cannot be meant so are one line and an exit code each", async () => {
    const ended = await Promise.all(wrong.map(([args]) => run(...args)));
    for (const [index, [, status, why]] of wrong.entries()) {
      const { code, stdout, stderr } = ended[index] ?? { code: null, stdout: "", stderr: "" };
      expect([code, stdout, stderr.trimEnd().split("\n").length]).toEqual([status, "", 1]);
      expect(stderr).toMatch(why);
    }
  });

  test("of another format than --from says are an error", async () => {
    const file = write("jaeger.json", JSON.stringify(asJaeger(spansOf(/^openllmetry/))));
    const { code, stderr } = await run("--from", "langfuse", file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/jaeger\.json is not of --from langfuse; expected Langfuse: /);
  });

  test("lines that are broken are counted, and the others sent", async () => {
    const [one, two] = asLangsmith(spansOf(/^langsmith/)).map((each) => JSON.stringify(each));
    const noStart = JSON.stringify({ ...JSON.parse(two ?? ""), id: "x", start_time: null });
    const file = write("broken.jsonl", [one, two, noStart, '{"id": "cut o'].join("\n"));
    const { code, stdout } = await run(file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^imported 1 trace, 2 spans from 1 file \(langsmith\)/);
    expect(stdout).toContain("accepted 2 · rejected 2\n");
    expect(stdout).toMatch(/1 × start_time is missing; a time is accepted \(first: .*run x\)/);
    expect(stdout).toMatch(/1 × the line is no JSON \(first: .*broken\.jsonl:4\)/);
  });

  test("get the service and the environment that a person gives", async () => {
    const file = write("ph.json", JSON.stringify(asPhoenix(spansOf(/^py-smolagents/), "rest")));
    await run(file, "--service", "shop", "--environment", "production");
    const [trace] = spansOf(/^py-smolagents/);
    const content = await door.store.traces(trace ? [trace.traceId] : []);
    const attributes = content.spans[0]?.resource.attributes;
    expect(attributes?.get("service.name")).toBe("shop");
    expect(attributes?.get("deployment.environment.name")).toBe("production");
  });
});

describe("the Rootward server", () => {
  const file = () => write("some.json", JSON.stringify(asJaeger(spansOf(/^openllmetry/))));

  test("that asks to wait is waited for: nothing is lost", async () => {
    let refusals = 2;
    rootward.answer = async (request, body, response) => {
      if (refusals-- > 0) {
        const status = refusals === 1 ? 429 : 503;
        json(response, { message: "later" }, status, { "retry-after": "0" });
      } else await toDoor(request, body, response);
    };
    const { code, stdout, stderr } = await run(file());
    expect(code).toBe(0);
    expect(stdout).toMatch(/rejected 0\n$/);
    expect(stderr).toMatch(/answered 429: waiting 0\.0 s\n.*answered 503: waiting 0\.0 s\n/);
    expect(sizes().accepted).toBe(spansOf(/^openllmetry/).length);
  });

  test("that refuses a body ends the import with its reason", async () => {
    rootward.answer = (_request, _body, response) => json(response, { message: "no disk" }, 500);
    const { code, stdout, stderr } = await run(file());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^rootward: the Rootward server at .* answered 500 to \/v1\/traces: /);
  });

  test("that is not there: the command that starts one", async () => {
    const { code, stderr } = await run(file(), "--to", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rootward: the Rootward server at .* does not answer .*rootward serve/);
  });

  test("rejects some records: how many and why is said", async () => {
    const message = Buffer.from("spans[0]: too old");
    const partial = [0x08, 3, 0x12, message.length, ...message];
    rootward.answer = (_request, _body, response) => {
      response.writeHead(200, { "content-type": "application/x-protobuf" });
      response.end(Buffer.from([0x0a, partial.length, ...partial]));
    };
    const { stdout } = await run(file(), "--json");
    const spans = spansOf(/^openllmetry/).length;
    expect(JSON.parse(stdout)).toMatchObject({
      spans,
      accepted: spans - 3,
      rejected: 3,
      reasons: { "spans[0]: too old": 3 },
    });
  });

  test("gets no more after Ctrl-C: what was sent is said, with the exit code of an interrupt", async () => {
    // More than one batch; the first answer comes only after the interrupt.
    const spans = spansOf(/./).slice(0, 5_000);
    const many = write("many.json", JSON.stringify(asJaeger(spans)));
    let requests = 0;
    const arrived = new Promise<void>((resolve) => {
      rootward.answer = async (request, body, response) => {
        requests += 1;
        resolve();
        await new Promise<void>((next) => (release = next));
        await toDoor(request, body, response);
      };
    });
    let release = () => undefined as void;
    const { child, ended } = start({}, many, "--json");
    await arrived;
    child.kill("SIGINT");
    // Until it says that it has heard.
    for await (const text of child.stderr ?? [])
      if (String(text).includes("stopping after the batch")) break;
    release();
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(requests).toBe(1);
    const report = JSON.parse(stdout);
    expect(report.ended).toBe("stopped");
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.accepted).toBeLessThan(spans.length);
    expect(sizes().accepted).toBe(report.accepted);
  });
});

const langfuseKeys = { LANGFUSE_PUBLIC_KEY: "pk-1", LANGFUSE_SECRET_KEY: "sk-1" };

/** Langfuse's API over some traces, two a page, three observations a page. */
function langfuseApi(traces: readonly Record<string, unknown>[]): Answering {
  const paged = (items: readonly unknown[], page: number, limit: number) => ({
    data: items.slice((page - 1) * limit, page * limit),
    meta: { page, limit, totalItems: items.length, totalPages: Math.ceil(items.length / limit) },
  });
  return (request, _body, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    asked.push({ url, headers: request.headers, body: "" });
    const login = Buffer.from("pk-1:sk-1").toString("base64");
    if (request.headers.authorization !== `Basic ${login}`)
      return json(response, { message: "Invalid credentials" }, 401);
    const page = Number(url.searchParams.get("page") ?? 1);
    if (url.pathname === "/api/public/projects")
      return json(response, { data: [{ id: "p", name: "shop" }] });
    if (url.pathname === "/api/public/traces") {
      const bare = traces.map((trace) => ({
        ...trace,
        observations: (trace["observations"] as { id: string }[]).map(({ id }) => id),
      }));
      return json(response, paged(bare, page, 2));
    }
    const of = traces.find((trace) => trace["id"] === url.searchParams.get("traceId"));
    return json(response, paged((of?.["observations"] ?? []) as unknown[], page, 3));
  };
}

describe("Langfuse's API", () => {
  const spans = spansOf(/^(py-)?langfuse\//);
  const traces = asLangfuse(spans);
  const from = () => ["--from", "langfuse", "--url", product.url];

  test("is read page by page, and gives the same spans as its export", async () => {
    product.answer = langfuseApi(traces);
    const { code, stdout, stderr } = await start(
      langfuseKeys,
      ...from(),
      "--project",
      "shop",
      "--since",
      "2026-01-01",
      "--json",
    ).ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      from: `Langfuse at ${product.url}`,
      traces: traces.length,
      spans: spans.length,
      rejected: 0,
      unmapped: {},
    });
    const pages = asked.filter(({ url }) => url.pathname === "/api/public/traces");
    expect(pages.map(({ url }) => url.searchParams.get("page"))).toEqual(
      Array.from({ length: Math.ceil(traces.length / 2) }, (_, page) => String(page + 1)),
    );
    expect(pages[0]?.url.searchParams.get("fromTimestamp")).toBe("2026-01-01T00:00:00.000Z");
    expect(pages[0]?.url.searchParams.get("orderBy")).toBe("timestamp.asc");
    const file = write("lf.json", JSON.stringify(traces));
    await run(file);
    expect(sizes()).toEqual({ accepted: spans.length * 2, duplicates: spans.length });
  });

  test("refuses wrong keys: which variables hold them is said, the keys are not", async () => {
    product.answer = langfuseApi(traces);
    const keys = { LANGFUSE_PUBLIC_KEY: "pk-2", LANGFUSE_SECRET_KEY: "sk-secret" };
    const { code, stderr } = await start(keys, ...from()).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /answered 401: it does not accept LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY/,
    );
    expect(stderr).not.toContain("sk-secret");
  });

  test("that opens another project than the one named is not read", async () => {
    product.answer = langfuseApi(traces);
    const { code, stderr } = await start(langfuseKeys, ...from(), "--project", "other").ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/--project is "other"; the keys open "shop" at/);
    expect(asked.map(({ url }) => url.pathname)).toEqual(["/api/public/projects"]);
  });

  test("that has too much to do is asked again after the time it names, or a growing one", async () => {
    const api = langfuseApi(traces.slice(0, 1));
    const refusals = [429, 500, 503];
    product.answer = (request, body, response) => {
      const status = refusals.shift();
      if (status === undefined) return api(request, body, response);
      return json(response, {}, status, status === 500 ? {} : { "retry-after": "0" });
    };
    const { code, stdout, stderr } = await start(langfuseKeys, ...from()).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^imported 1 trace/);
    expect(stderr.match(/answered (429|500|503): waiting/g)).toHaveLength(3);
  });

  test("that asks to wait for an hour is not waited for", async () => {
    product.answer = (_request, _body, response) =>
      json(response, {}, 429, { "retry-after": "3600" });
    const { code, stderr } = await start(langfuseKeys, ...from()).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/asks to wait 3600 s; at most 120 s are waited: try again later/);
  });

  test("that breaks in the middle: what was sent is said, and another import goes on", async () => {
    const api = langfuseApi(traces);
    product.answer = (request, body, response) =>
      /\/traces\?.*page=2$/.test(request.url ?? "")
        ? json(response, { message: "gone" }, 404)
        : api(request, body, response);
    const { code, stderr } = await start(langfuseKeys, ...from()).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/answered 404 to \/api\/public\/traces: is --url/);
    const sent = sizes().accepted;
    expect(sent).toBeGreaterThan(0);
    const said = `; ${sent} records of 2 traces were sent before: import again to go on`;
    expect(stderr).toContain(said);
  });

  test("that answers with a page for people is no API", async () => {
    product.answer = (_request, _body, response) => void response.end("<html>Sign in</html>");
    const { code, stderr } = await start(langfuseKeys, ...from()).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/something else than JSON .*: is --url the address of its API\?/);
  });

  test("never sends its keys on to where a redirect points", async () => {
    product.answer = (request, _body, response) => {
      asked.push({
        url: new URL(request.url ?? "/", "http://x"),
        headers: request.headers,
        body: "",
      });
      response.writeHead(302, { location: `${product.url}/elsewhere` });
      response.end();
    };
    const { code } = await start(langfuseKeys, ...from()).ended;
    expect(code).toBe(1);
    expect(asked.map(({ url }) => url.pathname)).toEqual(["/api/public/traces"]);
  });
});

describe("LangSmith's API", () => {
  const spans = spansOf(/langsmith/);
  const runs = asLangsmith(spans);
  const from = () => ["--from", "langsmith", "--url", `${product.url}/api/v1/`];
  const key = { LANGSMITH_API_KEY: "ls-1" };

  /** Two projects, the runs in one of them, a few a page, by cursor. */
  const api: Answering = (request, body, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    asked.push({ url, headers: request.headers, body: body.toString("utf8") });
    if (request.headers["x-api-key"] !== "ls-1") return json(response, { detail: "no" }, 403);
    if (url.pathname === "/api/v1/sessions")
      return json(response, [
        { id: "s-1", name: "desk" },
        { id: "s-2", name: "empty" },
      ]);
    const query = JSON.parse(body.toString("utf8"));
    if (query.session[0] === "s-2") return json(response, { runs: [], cursors: { next: null } });
    const at = Number(query.cursor ?? 0);
    const next = at + 7 < runs.length ? String(at + 7) : null;
    return json(response, { runs: runs.slice(at, at + 7), cursors: { next } });
  };

  test("is read project by project, by cursor, and gives the same spans as its export", async () => {
    product.answer = api;
    const { code, stdout, stderr } = await start(key, ...from(), "--json").ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      from: `LangSmith at ${product.url}`,
      traces: new Set(spans.map((span) => span.traceId)).size,
      spans: spans.length,
      rejected: 0,
      unmapped: {},
    });
    const queries = asked.filter(({ url }) => url.pathname === "/api/v1/runs/query");
    expect(queries).toHaveLength(Math.ceil(runs.length / 7) + 1);
    expect(JSON.parse(queries[1]?.body ?? "")).toMatchObject({
      session: ["s-1"],
      order: "asc",
      cursor: "7",
    });
    await run(write("ls.json", JSON.stringify(runs)));
    expect(sizes()).toEqual({ accepted: spans.length * 2, duplicates: spans.length });
  });

  test("is asked for one project and for traces since a time, whole ones", async () => {
    product.answer = api;
    const since = ["--project", "desk", "--since", "2026-11-01T06:00:00Z"];
    expect((await start(key, ...from(), ...since).ended).code).toBe(0);
    expect(asked[0]?.url.searchParams.get("name")).toBe("desk");
    const [first] = asked.filter(({ url }) => url.pathname === "/api/v1/runs/query");
    expect(JSON.parse(first?.body ?? "")).toMatchObject({
      start_time: "2026-11-01T06:00:00.000Z",
      trace_filter: expect.stringMatching(
        /^and\(gte\(start_time, "2026-11-01T06:00:00\.000Z"\), lt\(start_time, "[^"]+Z"\)\)$/,
      ),
    });
  });

  test("without such a project, or with a wrong key, says so", async () => {
    product.answer = api;
    const other = await start(key, ...from(), "--project", "nope").ended;
    expect([other.code, other.stderr]).toEqual([
      2,
      `rootward: LangSmith at ${product.url} has no project "nope"\n`,
    ]);
    const wrong = await start({ LANGSMITH_API_KEY: "ls-2" }, ...from()).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/answered 403: it does not accept LANGSMITH_API_KEY/);
  });
});
