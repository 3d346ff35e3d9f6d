// The process in which a function of `adapter: module` runs: `node module-worker.mjs <module> <export>`, with an IPC channel to the gate.
// Several trials may be under way in it. It needs nothing but Node, so that it starts at once.
//
// In: {id, input, context, env}. Out: {kind: "ready"} or {kind: "unusable", why}; then for each trial {kind: "answer", id, text, flushed},
// {kind: "large", id, bytes} or {kind: "threw", id, why}.
import { AsyncLocalStorage } from "node:async_hooks";
import { pathToFileURL } from "node:url";

const [path = "", name = "default", mostBytes = "0"] = process.argv.slice(2);
const trials = new AsyncLocalStorage();

/** The OpenTelemetry API's own place for what a program registered: shared by every version 1 of the package. */
const telemetry = () => globalThis[Symbol.for("opentelemetry.js.api.1")] ?? {};

// A trial has variables of its own (addresses of its tools): whoever reads process.env while the function runs, or starts a program, gets
// those; what was read when the module was loaded are the worker's.
const common = process.env;
const own = () => trials.getStore() ?? {};
process.env = new Proxy(common, {
  get: (target, key) => (Object.hasOwn(own(), key) ? own()[key] : target[key]),
  set: (target, key, value) => {
    (Object.hasOwn(own(), key) ? own() : target)[key] = String(value);
    return true;
  },
  has: (target, key) => Object.hasOwn(own(), key) || key in target,
  ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(own())])],
  getOwnPropertyDescriptor: (target, key) =>
    Object.hasOwn(own(), key)
      ? { value: own()[key], writable: true, enumerable: true, configurable: true }
      : Reflect.getOwnPropertyDescriptor(target, key),
});

function say(message) {
  if (process.connected) process.send(message);
}

function messageOf(error) {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 300);
}

/** Runs a function below the trial's own span, where the program registered OpenTelemetry's API. */
function below(traceparent, run) {
  const { context, propagation } = telemetry();
  if (!context || !propagation) return run();
  const getter = { keys: Object.keys, get: (carrier, key) => carrier[key] };
  return context.with(propagation.extract(context.active(), { traceparent }, getter), run);
}

/** Sends what the program's spans wait for. Whether nothing can come any more. */
async function flush() {
  const { trace } = telemetry();
  const provider = trace?.getDelegate?.() ?? trace;
  if (typeof provider?.forceFlush !== "function") return false;
  try {
    await provider.forceFlush();
    return true;
  } catch {
    return false;
  }
}

async function tryOnce(run, { id, input, context, env }) {
  try {
    const result = await trials.run(env, () =>
      below(context.traceparent, async () => await run(input, context)),
    );
    const text = JSON.stringify(result) ?? "undefined";
    const flushed = await flush();
    const bytes = Buffer.byteLength(text);
    if (bytes > Number(mostBytes)) say({ kind: "large", id, bytes });
    else say({ kind: "answer", id, text, flushed });
  } catch (error) {
    say({ kind: "threw", id, why: messageOf(error) });
  }
}

// Nobody asks any more: the gate is gone.
process.on("disconnect", () => process.exit(0));

try {
  const loaded = await import(pathToFileURL(path).href);
  const run = loaded[name];
  if (typeof run !== "function") {
    const there = Object.keys(loaded).join(", ") || "nothing";
    say({ kind: "unusable", why: `it exports no function ${name}; it exports ${there}` });
  } else {
    process.on("message", (asked) => void tryOnce(run, asked));
    say({ kind: "ready" });
  }
} catch (error) {
  say({ kind: "unusable", why: messageOf(error) });
}
