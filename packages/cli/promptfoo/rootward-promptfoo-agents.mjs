// Written by `rootward cases export --to promptfoo`, to stand beside rootward-promptfoo.mjs. It needs nothing but Node.
//
// How the agent of a case is reached, as `rootward gate` reaches it: a program (JSON on standard input, JSON on the last line of standard
// output), a function of a module in a process of its own, or a service; and the server where its recorded tools answer.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const outputBytes = 8 * 1024 * 1024;

/** Equal arguments, then the recorded ones alone, then (`sequence`) the next unused call of the tool; else a miss. */
export function newReplay(tape, match) {
  const calls = [];
  const used = new Set();
  const holds = (recorded, given) => {
    const entries = Object.entries(recorded ?? {});
    return entries.length > 0 && entries.every(([k, v]) => isDeepStrictEqual(given?.[k], v));
  };
  return {
    calls,
    miss: (tool, args) => void calls.push({ tool, args, match: "miss", result: null }),
    answer(tool, args) {
      const own = tape.filter((call) => call.tool === tool);
      const order = [...own.filter((c) => !used.has(c)), ...own.filter((c) => used.has(c))];
      const exact = order.find((call) => isDeepStrictEqual(call.args, args));
      const partly = match === "exact" ? undefined : order.find((call) => holds(call.args, args));
      const next =
        match === "sequence" ? (order.find(({ failed }) => !failed) ?? order[0]) : undefined;
      const found = exact ?? partly ?? next;
      if (found) used.add(found);
      const how = exact ? "exact" : partly ? "args" : next ? "sequence" : "miss";
      calls.push({ tool, args, match: how, result: found?.result ?? null });
      return { found, how };
    },
  };
}

/** Replays of the calls under way, by their path and by the trace that the agent goes on with. */
const replays = new Map();
let shared = null;
let opened = 0;

/**
 * Where the recorded tools of one call answer: at a path of its own, or at the root with the call's `traceparent`, as a service that serves
 * several calls sends it. One server for all of them, which keeps no process alive.
 */
export async function door(replay, traceparent) {
  shared ??= serve();
  opened += 1;
  const [path, trace] = [`call-${opened}`, traceparent.split("-")[1]];
  replays.set(path, replay).set(trace, replay);
  const url = `${await shared}/${path}`;
  return { url, close: () => void (replays.delete(path), replays.delete(trace)) };
}

/** `POST /<call>/<tool>` or, with a traceparent, `POST /<tool>`, the arguments as JSON, on a free port of this machine. */
async function serve() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://127.0.0.1");
      const text = Buffer.concat(chunks).toString("utf8");
      const args = text === "" ? Object.fromEntries(url.searchParams) : parsed(text, null);
      const [first, ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
      const own = replays.get(first);
      const replay = own ?? replays.get(String(request.headers.traceparent).split("-")[1]);
      const tool = own === undefined ? first : rest.join("/");
      if (replay === undefined) {
        // Whose call this is nobody knows: whoever may have made it has no answer.
        for (const each of new Set(replays.values())) each.miss(tool, args);
      }
      const { found, how } = replay?.answer(tool, args) ?? { how: "miss" };
      const value = how === "miss" ? { error: "no recording answers this call" } : found.result;
      response.statusCode = how === "miss" ? 501 : found.failed ? 500 : 200;
      response.setHeader(
        "content-type",
        typeof value === "string" ? "text/plain; charset=utf-8" : "application/json",
      );
      response.end(typeof value === "string" ? value : JSON.stringify(value ?? null));
    });
  });
  await new Promise((done) => void server.listen(0, "127.0.0.1", done));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}

function environment({ given, agent, config, toolUrl, traceparent }) {
  return {
    ...process.env,
    ...agent.env,
    ...given.env,
    ...Object.fromEntries((agent.toolUrls ?? []).map((name) => [name, toolUrl])),
    OTEL_EXPORTER_OTLP_ENDPOINT: config.otlp,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_TRACES_SAMPLER: "always_on",
    TRACEPARENT: traceparent,
  };
}

function requestOf({ context, given, config, toolUrl, traceparent }) {
  return {
    case_id: given.case_id,
    trial: context?.repeatIndex ?? 0,
    task_type: given.task_type ?? null,
    input: given.input,
    context: { traceparent, otlp_endpoint: config.otlp, tool_base_url: toolUrl },
  };
}

/** Reaches the agent once. @throws Error with one sentence: it hung, failed or gave no answer */
export async function ask(asked) {
  const { agent } = asked;
  const startedMs = performance.now();
  const answer = await (agent.url === undefined ? runProgram(asked) : askService(asked));
  if (typeof answer !== "object" || answer === null || answer.output === undefined)
    throw new Error('the agent gave no answer: expected {"output": …}');
  return { answer, durationMs: Math.round(performance.now() - startedMs) };
}

/** Runs a function of a module below the call's span, where OpenTelemetry's API is registered, and sends what its spans wait for. */
const moduleProgram = `
  const { pathToFileURL } = await import("node:url");
  const [path, name] = process.argv.slice(1);
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  const { input, context, ...rest } = JSON.parse(text);
  const run = (await import(pathToFileURL(path).href))[name];
  if (typeof run !== "function") throw new Error("the module " + path + " exports no function " + name);
  const call = async () => await run(input, { ...rest, ...context });
  const api = globalThis[Symbol.for("opentelemetry.js.api.1")] ?? {};
  const getter = { keys: Object.keys, get: (carrier, key) => carrier[key] };
  const below = api.context && api.propagation && api.propagation.extract(api.context.active(), { traceparent: context.traceparent }, getter);
  const result = await (below ? api.context.with(below, call) : call());
  const provider = api.trace?.getDelegate?.() ?? api.trace;
  await provider?.forceFlush?.();
  process.stdout.write("\\n" + JSON.stringify(result ?? null) + "\\n", () => process.exit(0));
`;

function commandOf({ agent, config }) {
  if (agent.module === undefined) return agent.run;
  const path = resolve(here, config.folder ?? ".", agent.module);
  const options = [...(agent.nodeArgs ?? []), "--input-type=module", "-e", moduleProgram];
  return [process.execPath, ...options, path, agent.export ?? "default"];
}

async function runProgram(asked) {
  const { agent, config } = asked;
  const [program = "", ...args] = commandOf(asked);
  const child = spawn(program, args, {
    cwd: resolve(here, config.folder ?? "."),
    env: environment(asked),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), agent.timeoutMs);
  let output = "";
  let complaint = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (output.length > outputBytes) child.kill("SIGKILL");
  });
  child.stderr.on("data", (chunk) => (complaint = (complaint + chunk).slice(-300)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(`${JSON.stringify(requestOf(asked))}\n`);
  const code = await new Promise((done, refuse) => {
    child.on("error", refuse);
    child.on("close", done);
  });
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`the agent ended ${code === null ? "by force" : `with ${code}`}: ${complaint}`);
  return parsed(output.trimEnd().split("\n").at(-1) ?? "", null);
}

/** A template filled in: `{{input.message}}` as it is where it is the whole text, else as text. */
function filled(template, request, escaped = (text) => text) {
  const at = (path) => {
    const value = path.split(".").reduce((inner, key) => inner?.[key], request);
    if (value === undefined) throw new Error(`{{${path}}} stands for nothing in this case`);
    return value;
  };
  const text = (value) => escaped(typeof value === "string" ? value : JSON.stringify(value));
  if (typeof template === "string") {
    const whole = /^\s*\{\{\s*([^{}]*?)\s*\}\}\s*$/.exec(template);
    if (whole) return at(whole[1]);
    return template.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (_, path) => text(at(path)));
  }
  if (Array.isArray(template)) return template.map((each) => filled(each, request));
  if (typeof template !== "object" || template === null) return template;
  const entries = Object.entries(template).map(([key, value]) => [key, filled(value, request)]);
  return Object.fromEntries(entries);
}

function secretHeaders({ headersEnv }) {
  return Object.entries(headersEnv ?? {}).map(([header, name]) => {
    if (!process.env[name]) throw new Error(`the variable ${name} (header ${header}) is not set`);
    return [header, process.env[name]];
  });
}

async function askService(asked) {
  const { agent, traceparent } = asked;
  await started(asked);
  const request = requestOf(asked);
  const url = agent.url.replace(/\{\{.*?\}\}/g, (part) =>
    encodeURIComponent(String(filled(part, request))),
  );
  const method = agent.method ?? "POST";
  const body = agent.request === undefined ? request : filled(agent.request, request);
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...filled(agent.headers ?? {}, request),
      ...Object.fromEntries(secretHeaders(agent)),
      traceparent,
    },
    ...(method !== "GET" && { body: JSON.stringify(body) }),
    redirect: "manual",
    signal: AbortSignal.timeout(agent.timeoutMs),
  });
  const text = await response.text();
  if (text.length > outputBytes) throw new Error("the agent's answer is too large");
  if (!response.ok)
    throw new Error(`the agent answered with status ${response.status}: ${text.slice(0, 300)}`);
  const value = parsed(text, null);
  if (agent.response === undefined || value === null) return value;
  const at = (pointer) => {
    if (pointer === undefined) return undefined;
    const values = pointer === "" ? [value] : valuesAt(value, pointer);
    const [before] = pointer.split("/*");
    if (before === pointer) return values[0];
    // Without the list there are no items, and that is no empty list.
    return Array.isArray(before === "" ? value : valuesAt(value, before)[0]) ? values : undefined;
  };
  const { output, citations, retrieved, tool_calls: calls, usd, tokens } = agent.response;
  const told = { output: at(output), citations: at(citations), retrieved: at(retrieved) };
  return { ...told, tool_calls: at(calls), usage: { usd: at(usd), tokens: at(tokens) } };
}

/** Services by their command line, each started once; they end with this process. */
const services = new Map();
process.on("exit", () => {
  for (const { child } of services.values()) child?.kill("SIGKILL");
});

/** Starts the service of an agent, if it is to be, and waits until it can be asked. Who comes meanwhile waits for the same one. */
async function started(asked) {
  const { start } = asked.agent;
  if (start === undefined) return;
  const key = JSON.stringify(start.run);
  const known = services.get(key) ?? {};
  services.set(key, known);
  known.isReady ??= launched(asked, (child) => {
    known.child = child;
    child.on("exit", () => services.delete(key));
  });
  await known.isReady;
}

async function launched({ agent, config, ...asked }, keep) {
  const { run, ready, timeoutMs } = agent.start;
  const [program = "", ...args] = run;
  const toolUrl = await shared;
  const child = spawn(program, args, {
    cwd: resolve(here, config.folder ?? "."),
    env: environment({ ...asked, agent, config, toolUrl, given: {} }),
    stdio: "ignore",
  });
  child.unref();
  keep(child);
  await untilReady(child, ready ?? new URL(agent.url).origin, {
    isStrict: ready !== undefined,
    timeoutMs,
    name: run.join(" "),
  });
}

async function untilReady(child, url, { isStrict, timeoutMs, name }) {
  const startedMs = performance.now();
  let ended = null;
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code) => (ended ??= `it ended with ${code}`));
  while (ended === null) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    if (response !== null && (response.ok || !isStrict)) return;
    if (performance.now() - startedMs > timeoutMs) {
      child.kill("SIGKILL");
      ended = `it was not ready within ${timeoutMs} ms`;
    } else await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`the agent's service (${name}) cannot be asked: ${ended}`);
}

export function parsed(text, otherwise) {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Values at a JSON Pointer; `*` stands for every item. */
export function valuesAt(root, pointer) {
  let found = [root];
  for (const part of pointer.replace(/^\//, "").split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = found.flatMap((value) => {
      if (Array.isArray(value)) return key === "*" ? value : key in value ? [value[key]] : [];
      return typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? [value[key]]
        : [];
    });
  }
  return found;
}
