#!/usr/bin/env node
// Proves forwarding against a receiver that is not ours: an MLflow server. 290 runs go through a Rootward server to it; on the way
// MLflow is killed and comes back, and Rootward is killed and starts again. Then every span is read back through MLflow's own API:
// each one must be there once, as it was sent, and the roots must carry the readings. Run through: npm run prove:forward
//
// Needs `mlflow` (3.6 or newer) on the PATH or in the variable MLFLOW, or python3 with venv and pip to install it for the time of the run.
// Exit 0: proven; 1: not; 2: no MLflow can be had here.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { receive } from "@rootward/pipeline/wire/receive";

const mlflowVersion = "3.17.2";
const folder = mkdtempSync(join(tmpdir(), "rootward-prove-"));
const running = new Set();
const say = (text) => console.log(text);

function end(code) {
  for (const child of running) kill(child, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
process.on("SIGINT", () => end(1));
process.on("SIGTERM", () => end(1));

/** A program in a group of its own, so that what it starts ends with it. */
function start(name, command, args, options = {}) {
  const log = openSync(join(folder, `${name}.log`), "a");
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: folder,
    ...options,
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

function kill(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function gone(child, signal) {
  const left = new Promise((resolve) => child.once("exit", resolve));
  kill(child, signal);
  await left;
}

function mlflowProgram() {
  const given = process.env.MLFLOW ?? "mlflow";
  if (spawnSync(given, ["--version"]).status === 0) return given;
  say(
    `no mlflow on the PATH: installing ${mlflowVersion} into a virtual environment, which takes minutes and a gigabyte`,
  );
  const venv = join(folder, "venv");
  const made = spawnSync("python3", ["-m", "venv", venv], { encoding: "utf8" });
  const pip = join(venv, "bin", "pip");
  const args = ["install", "--quiet", `mlflow==${mlflowVersion}`];
  const installed = made.status === 0 ? spawnSync(pip, args, { encoding: "utf8" }) : made;
  if (installed.status === 0) return join(venv, "bin", "mlflow");
  say(
    "not proven: this needs a receiver that is not ours. Put mlflow 3.6 or newer on the PATH, or name it in MLFLOW, or have python3 " +
      `with venv and pip and a way to pypi.org. What went wrong: ${(installed.stderr || String(installed.error)).trim()}`,
  );
  return end(2);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function json(url, body) {
  const headers = { "content-type": "application/json" };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${await response.text()}`);
  return await response.json();
}

async function until(what, seconds, check) {
  const endsAt = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await check().catch((error) => error);
    if (seen === true) return;
    if (Date.now() > endsAt) {
      const log = readFileSync(join(folder, "rootward.log"), "utf8").slice(-2_000);
      say(`not proven: ${what} did not come within ${seconds} s (${JSON.stringify(seen)})\n${log}`);
      end(1);
    }
    await setTimeout(200);
  }
}

const mlflow = mlflowProgram();
const [mlflowPort, port] = [await freePort(), await freePort()];
const mlflowUrl = `http://127.0.0.1:${mlflowPort}`;
const url = `http://127.0.0.1:${port}`;

async function startMlflow() {
  const store = `sqlite:///${join(folder, "mlflow.db")}`;
  const args = ["server", "--host", "127.0.0.1", "--port", String(mlflowPort), "--workers", "1"];
  const child = start("mlflow", mlflow, [...args, "--backend-store-uri", store]);
  await until("MLflow", 300, async () => (await fetch(`${mlflowUrl}/health`)).ok);
  return child;
}

async function startRootward(experiment) {
  // Not through `rootward serve`, which starts it as a child of its own: here the very process is killed and waited for.
  const program = new URL("../packages/server/dist/main.js", import.meta.url).pathname;
  const child = start("rootward", process.execPath, [program, "--port", String(port)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", MLFLOW_EXPERIMENT: experiment },
  });
  await until("Rootward", 60, async () => (await fetch(`${url}/healthz`)).ok);
  return child;
}

const fixtures = new URL("../fixtures/first/", import.meta.url);
const bodies = readdirSync(fixtures)
  .toSorted()
  .map((name) => gunzipSync(readFileSync(new URL(name, fixtures))));

async function send(some) {
  const headers = { "content-type": "application/x-protobuf" };
  for (const body of some) {
    const response = await fetch(`${url}/v1/traces`, { method: "POST", headers, body });
    if (response.status !== 200) throw new Error(`/v1/traces answered ${response.status}`);
  }
}

const spansOf = (bytes) =>
  rowsOf(receive({ signal: "traces", encoding: "protobuf", bytes }).batch).spans;

/** Spans of these bodies whose root has come: those of the others wait for it. */
function settling(some) {
  const spans = some.flatMap((body) => spansOf(body));
  const ended = new Set(
    spans.filter((span) => span.parentSpanId === null).map((span) => span.traceId),
  );
  return spans.filter((span) => ended.has(span.traceId)).length;
}

async function forwarded() {
  return (await json(`${url}/api/status`)).forward[0];
}

async function delivered(count, seconds) {
  await until("delivery", seconds, async () => {
    const { sent, waitingRecords, trouble } = await forwarded();
    return (sent === count && waitingRecords === 0) || { sent, count, waitingRecords, trouble };
  });
}

writeFileSync(join(folder, "rootward.log"), "");
let receiver = await startMlflow();
const created = await json(`${mlflowUrl}/api/2.0/mlflow/experiments/create`, { name: "rootward" });
writeFileSync(
  join(folder, "rootward.yaml"),
  `forward:
  - name: mlflow
    url: ${mlflowUrl}/v1/traces
    headers: { x-mlflow-experiment-id: "\${MLFLOW_EXPERIMENT}" }
`,
);
let server = await startRootward(created.experiment_id);
await send(bodies.slice(0, 3));
const first = settling(bodies.slice(0, 3));
await delivered(first, 300);
say(`MLflow took ${first} spans while it was up`);

await gone(receiver, "SIGKILL");
await send(bodies.slice(3, 6));
const second = settling(bodies.slice(0, 6)) - first;
await until("waiting spans", 60, async () => {
  const { waitingRecords, trouble } = await forwarded();
  return (waitingRecords === second && trouble !== null) || { waitingRecords, second, trouble };
});
const { waitingRecords, waitingBytes } = await forwarded();
// Their runs are stored too, so that the next start does not settle them again.
await until("settling", 60, async () => {
  const { openTraces, behind } = await json(`${url}/api/status`);
  return (openTraces <= 1 && !behind) || { openTraces, behind };
});
await gone(server, "SIGKILL");
say(
  `MLflow killed: ${waitingRecords} spans (${waitingBytes} bytes) waited on disk when Rootward was killed too`,
);
server = await startRootward(created.experiment_id);
receiver = await startMlflow();
await delivered(second, 300);
await json(`${url}/api/diagnose`, {});
await send(bodies.slice(6));
await delivered(second + settling(bodies) - settling(bodies.slice(0, 6)), 300);
const { sent, retries, rejected, refused, dropped } = await forwarded();
say(
  `both up again: ${sent} spans sent since, ${retries} retries, rejected ${rejected}, refused ${refused}, dropped ${dropped}`,
);

// What was sent, and what MLflow has of it.
const expected = new Map();
for (const bytes of bodies) {
  for (const span of rowsOf(receive({ signal: "traces", encoding: "protobuf", bytes }).batch)
    .spans) {
    expected.set(span.traceId, [...(expected.get(span.traceId) ?? []), span]);
  }
}

const hex = (base64) => Buffer.from(base64 ?? "", "base64").toString("hex");
const problems = [];
const counts = { spans: 0, roots: 0, readings: 0, absent: 0 };
const signals = ["grounded", "fallback", "confidence", "downstream_ok"];
const kinds = {
  grounded: "double_value",
  fallback: "bool_value",
  confidence: "double_value",
  downstream_ok: "bool_value",
};

function checkRoot(place, attributes) {
  counts.roots += 1;
  if (attributes.get("agent.behavioral.source")?.string_value !== "server")
    problems.push(`${place}: no source`);
  for (const name of signals) {
    const value = attributes.get(`agent.behavioral.${name}`);
    const why = attributes.get(`agent.behavioral.${name}_absent`);
    const method = attributes.get(`agent.behavioral.${name}_method`);
    if (value !== undefined && why === undefined && method !== undefined && kinds[name] in value)
      counts.readings += 1;
    else if (value === undefined && why?.string_value !== undefined) counts.absent += 1;
    else problems.push(`${place}: ${name} is ${JSON.stringify({ value, why, method })}`);
  }
}

let lastRoot = null;
for (const [traceId, spans] of expected) {
  const { trace } = await json(`${mlflowUrl}/api/3.0/mlflow/traces/get?trace_id=tr-${traceId}`);
  const found = new Map(trace.spans.map((span) => [hex(span.span_id), span]));
  if (trace.spans.length !== spans.length || found.size !== spans.length) {
    problems.push(`${traceId}: ${trace.spans.length} spans of ${spans.length}`);
  }
  for (const span of spans) {
    const there = found.get(span.spanId);
    const place = `${traceId}/${span.spanId}`;
    if (there === undefined) {
      problems.push(`${place} is missing`);
      continue;
    }
    counts.spans += 1;
    const same =
      there.name === span.name &&
      hex(there.parent_span_id) === (span.parentSpanId ?? "") &&
      hex(there.trace_id) === traceId &&
      // JSON numbers of that size are near, to a microsecond.
      Math.abs(Number(there.start_time_unix_nano) - Number(span.startNanos)) < 1_000;
    if (!same) problems.push(`${place} differs: ${JSON.stringify(there).slice(0, 200)}`);
    const attributes = new Map(there.attributes.map(({ key, value }) => [key, value]));
    for (const key of span.attributes.keys())
      if (!attributes.has(key)) problems.push(`${place} lacks ${key}`);
    if (span.parentSpanId !== null) continue;
    checkRoot(place, attributes);
    lastRoot = attributes;
  }
}

// The last run cited what nobody retrieved: what MLflow shows of it is what Rootward says.
const { runs } = await json(`${url}/api/runs?limit=1`);
const { grounded } = runs[0].signals;
const shown = lastRoot?.get("agent.behavioral.grounded")?.double_value;
const ungrounded = JSON.stringify(lastRoot?.get("agent.behavioral.ungrounded_ids"));
if (grounded.value !== 0 || shown !== 0 || !ungrounded?.includes("TR-900")) {
  problems.push(
    `the last run: Rootward says ${JSON.stringify(grounded)}, MLflow shows ${shown} and ${ungrounded}`,
  );
}

say(
  `read back from MLflow: ${counts.spans} spans of ${[...expected.values()].flat().length} in ${expected.size} traces, each once; ` +
    `${counts.roots} roots with ${counts.readings} readings and ${counts.absent} reasons why one is absent; ` +
    `the last run is grounded ${shown}, its cited document ${ungrounded}`,
);
for (const problem of problems.slice(0, 20)) say(`PROBLEM ${problem}`);
if (rejected + refused + dropped > 0) problems.push("spans were not taken");
await gone(server, "SIGTERM");
await gone(receiver, "SIGTERM");
say(problems.length === 0 ? "proven" : `not proven: ${problems.length} problems`);
end(problems.length === 0 ? 0 : 1);
