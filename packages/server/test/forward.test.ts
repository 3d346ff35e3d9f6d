// Forwarding as the operator meets it: the program, its configuration, its data directory, and endpoints that come and go.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { receive } from "@rootward/pipeline/wire/receive";
import type { EndpointStatus } from "../src/forward/counts.ts";
import { bodyJson, spanJson } from "../src/testing/door.ts";
import { type Receiver, startReceiver } from "../src/testing/receiver.ts";
import { hasEngine } from "../src/testing/has-engine.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-forwarding-"));
const children: ChildProcess[] = [];
let folder = "";
let settledAt: Receiver;
let receivedAt: Receiver;

beforeEach(async () => {
  settledAt = await startReceiver();
  receivedAt = await startReceiver();
  folder = mkdtempSync(join(root, "server-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await settledAt.stop();
  await receivedAt.stop();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** `rootward.yaml` of a server that forwards to both endpoints. */
function writeConfig(): void {
  writeFileSync(
    join(folder, "rootward.yaml"),
    `forward:
  - name: settled
    url: ${settledAt.url}
    headers: { authorization: "Bearer \${FORWARD_KEY}" }
  - { name: received, url: "${receivedAt.url}", when: received }
`,
  );
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<number | null>;
}

function launched(environment: NodeJS.ProcessEnv) {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "--port", "0"],
    {
      cwd: folder,
      env: { ...process.env, UV_THREADPOOL_SIZE: "16", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  children.push(child);
  return child;
}

async function started(): Promise<Started> {
  const child = launched({ FORWARD_KEY: "k" });
  let stdout = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (text) => {
      stdout += text;
      const [, found] = /listening on (\S+)/.exec(stdout) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error("the server ended")));
  });
  return { child, url, ended };
}

interface Status {
  readonly runs: number;
  readonly settled: EndpointStatus | undefined;
  readonly received: EndpointStatus | undefined;
}

async function statusOf(url: string): Promise<Status> {
  const answer = await fetch(`${url}/api/status`);
  const { runs, forward } = (await answer.json()) as {
    readonly runs: number;
    readonly forward: readonly EndpointStatus[];
  };
  const of = (name: string) => forward.find((one) => one.name === name);
  return { runs, settled: of("settled"), received: of("received") };
}

async function send(url: string, body: string | Uint8Array<ArrayBuffer>, type: string) {
  const headers = { "content-type": type };
  const response = await fetch(`${url}/v1/traces`, { method: "POST", body, headers });
  expect(response.status).toBe(200);
}

/** The last body of `examples/first`: one run of four spans. */
function oneRun() {
  const fixtures = fileURLToPath(new URL("../../../fixtures/first/", import.meta.url));
  const last = readdirSync(fixtures).toSorted().at(-1) ?? "";
  const bytes = new Uint8Array(gunzipSync(readFileSync(join(fixtures, last))));
  const { spans } = rowsOf(receive({ signal: "traces", encoding: "protobuf", bytes }).batch);
  return { bytes, spans };
}

const patience = { timeout: 30_000, interval: 50 };

describe.skipIf(!hasEngine())("the server", () => {
  test("delivers after it was killed and started again, sends late spans alone, and repeats nothing after a stop", async () => {
    writeConfig();
    for (const receiver of [settledAt, receivedAt]) receiver.always = { status: 503 };
    const { bytes, spans } = oneRun();
    const ids = spans.map(({ spanId }) => spanId).toSorted();
    const first = await started();
    await send(first.url, bytes, "application/x-protobuf");
    await vi.waitFor(async () => {
      const { runs, settled, received } = await statusOf(first.url);
      // The run is stored: a kill before that may repeat its spans.
      expect(runs).toBe(1);
      expect([settled?.waitingRecords, received?.waitingRecords]).toEqual([4, 4]);
      expect(settled?.trouble).toBe("503");
    }, patience);
    first.child.kill("SIGKILL");
    await first.ended;

    for (const receiver of [settledAt, receivedAt]) receiver.always = { status: 200 };
    const second = await started();
    await vi.waitFor(() => {
      expect(settledAt.spanIds().toSorted()).toEqual(ids);
      expect(receivedAt.spanIds().toSorted()).toEqual(ids);
    }, patience);
    expect(settledAt.requests.at(-1)?.headers["authorization"]).toBe("Bearer k");
    const isRoot = ({ parentSpanId }: { parentSpanId: string | null }) => parentSpanId === null;
    const sent = settledAt.requests.at(-1)?.spans.find(isRoot);
    expect(sent?.attributes.get("agent.behavioral.source")).toBe("server");
    expect(sent?.attributes.get("agent.behavioral.confidence_absent")).toBe("no_logprobs");
    const plain = receivedAt.requests.at(-1)?.spans.find(isRoot);
    expect(plain).toEqual(spans.find(isRoot));

    const parent = spans.find(isRoot);
    const late = "00000000000000ff";
    const body = bodyJson(spanJson(parent?.traceId ?? "", late, parent?.spanId));
    await send(second.url, body, "application/json");
    await send(second.url, body, "application/json");
    await vi.waitFor(() => {
      expect(receivedAt.spanIds()).toContain(late);
      expect(settledAt.spanIds()).toContain(late);
    }, patience);
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);

    const third = await started();
    await send(third.url, bytes, "application/x-protobuf");
    await send(third.url, bodyJson(spanJson("f".repeat(32), late)), "application/json");
    await vi.waitFor(async () => {
      const { settled, received } = await statusOf(third.url);
      expect([settled?.sent, received?.sent]).toEqual([1, 1]);
    }, patience);
    for (const { requests } of [settledAt, receivedAt]) {
      const taken = requests.flatMap((got) => (got.taken ? got.spans : []));
      expect(taken).toHaveLength(6);
      expect(new Set(taken.map((span) => `${span.traceId}/${span.spanId}`)).size).toBe(6);
    }
  });
});

describe("what the operator got wrong is one clear line and exit 2", () => {
  test.each([
    [
      {},
      /^rootward: forward "settled": header "authorization" needs the environment variable FORWARD_KEY, which is not set\n$/,
    ],
  ])("%j", async (environment, why) => {
    writeConfig();
    mkdirSync(join(folder, ".rootward"));
    const child = launched({ ...environment, FORWARD_KEY: undefined });
    let stderr = "";
    child.stderr?.on("data", (text) => (stderr += text));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
  });
});
