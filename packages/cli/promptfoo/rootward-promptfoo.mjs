// Written by `rootward cases export --to promptfoo`, to stand beside the config. It needs nothing but Node.
//
// The default export is promptfoo's provider: it reaches the agent of a case as `rootward gate` does (a program, a function of a module, a
// service) and answers its tools from the case's recordings. The other exports are assertions that promptfoo does
// not have. What cannot be judged throws, which promptfoo counts as a failure, never as a pass.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ask, door, newReplay, parsed, valuesAt } from "./rootward-promptfoo-agents.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const validatorMs = 30_000;

/** The provider. Its config: `{agents, folder, otlp}`, as the export writes it. */
// oxlint-disable-next-line import/no-default-export -- promptfoo takes a provider from there
export default class RootwardProvider {
  constructor({ id, config } = {}) {
    this.providerId = id ?? "rootward";
    this.config = config ?? {};
  }

  id() {
    return this.providerId;
  }

  async callApi(prompt, context) {
    const given = { ...context?.test?.metadata, ...context?.test?.options?.metadata };
    const agent = this.config.agents?.[given.agent];
    if (agent === undefined) return { error: `no agent ${given.agent} in the provider's config` };
    const replay = newReplay(recordings(given.cassette), given.match ?? "args");
    const traceparent = context?.traceparent ?? newTraceparent();
    const asked = { prompt, context, given, agent, config: this.config, traceparent };
    const tools = await door(replay, traceparent);
    try {
      const { answer, durationMs } = await ask({ ...asked, toolUrl: tools.url });
      const missed = replay.calls.filter(({ match }) => match === "miss");
      if (missed.length > 0)
        return { error: `no recording for ${missed[0].tool}(${JSON.stringify(missed[0].args)})` };
      return {
        output: answer.output,
        ...(answer.usage?.usd === undefined ? {} : { cost: answer.usage.usd }),
        ...(answer.usage?.tokens === undefined
          ? {}
          : { tokenUsage: { total: answer.usage.tokens } }),
        metadata: {
          ...answer,
          calls: replay.calls,
          durationMs,
          ...(context?.traceparent === undefined
            ? {}
            : { parentSpanId: context.traceparent.split("-")[2] }),
        },
      };
    } catch (error) {
      return { error: error.message };
    } finally {
      tools.close();
    }
  }
}

function newTraceparent() {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
}

/** The recorded calls of a folder of JSON lines; none where there is no folder. */
function recordings(cassette) {
  if (cassette === undefined) return [];
  const folder = resolve(here, cassette);
  if (!existsSync(folder)) throw new Error(`the recordings ${cassette} do not exist`);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));
}

// What assertions are asked of.

function judged(pass, reason) {
  return { pass, score: pass ? 1 : 0, reason };
}

function textOf(output) {
  return typeof output === "string" ? output : JSON.stringify(output);
}

function jsonOf(output) {
  return typeof output === "string" ? parsed(output, output) : output;
}

function metadataOf(context) {
  return context.providerResponse?.metadata ?? {};
}

/** Calls that the recordings answered; where there were none, those on the spans. */
function callsOf(context) {
  const replayed = metadataOf(context).calls ?? [];
  if (replayed.length > 0) return replayed;
  const spans = context.trace?.spans ?? [];
  return spans
    .filter(({ attributes }) => attributes?.["gen_ai.tool.name"] !== undefined)
    .map(({ attributes }) => ({
      tool: attributes["gen_ai.tool.name"],
      args: parsed(attributes["gen_ai.tool.call.arguments"] ?? "", null),
      result: parsed(attributes["gen_ai.tool.call.result"] ?? "", null),
    }));
}

function citedIds(output, context, pointer) {
  const citation = context.config?.recognize?.citation ?? {};
  const at = pointer ?? citation.pointer;
  if (at !== undefined) return valuesAt(jsonOf(output), at).flat().map(String);
  const told = metadataOf(context).citations;
  if (told !== undefined) return told;
  if (citation.pattern === undefined)
    throw new Error("what is cited is not known: the case has no recognize.citation");
  const found = textOf(output).matchAll(new RegExp(citation.pattern, "gu"));
  return [...new Set([...found].map((match) => match[1] ?? match[0]))];
}

/** Every text and number inside a value. */
function leaves(value) {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(leaves);
  const inner = typeof value === "string" && /^[[{]/.test(value) ? parsed(value, null) : null;
  return inner === null ? [String(value)] : leaves(inner);
}

export function citationsSubset(output, context) {
  const { ids, min = 0 } = context.config?.value ?? {};
  const cited = citedIds(output, context, ids);
  if (cited.length < min) return judged(false, `cites ${cited.length}, at least ${min} expected`);
  if (cited.length === 0) return judged(true, "cites nothing");
  const told = metadataOf(context).retrieved;
  const calls = callsOf(context);
  if (told === undefined && calls.length === 0)
    throw new Error("what was retrieved is not visible");
  const known = new Set([...(told ?? []), ...calls.flatMap(({ result }) => leaves(result))]);
  const wrong = cited.filter((id) => !known.has(id));
  return wrong.length === 0
    ? judged(true, `every cited id was retrieved: ${cited.join(", ")}`)
    : judged(false, `cited but not retrieved: ${wrong.join(", ")}`);
}

export function citationsForbid(output, context) {
  const wrong = citedIds(output, context).filter((id) => context.config.value.includes(id));
  return judged(wrong.length === 0, wrong.length === 0 ? "none of them" : `cites ${wrong}`);
}

function documentsIn(value) {
  if (Array.isArray(value)) return value.length;
  if (typeof value === "string") return documentsIn(parsed(value, null));
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce(
    (sum, entry) => sum + (Array.isArray(entry) ? entry.length : 0),
    0,
  );
}

export function retrievalNonEmpty(output, context) {
  const { min = 1, tool } = context.config?.value ?? {};
  const retrievers = context.config?.recognize?.retrievers ?? [];
  const asked = callsOf(context).filter((call) =>
    tool === undefined
      ? retrievers.length === 0 || retrievers.includes(call.tool)
      : call.tool === tool,
  );
  if (asked.length === 0)
    return judged(false, tool === undefined ? "nothing was retrieved" : `${tool} was not called`);
  const count = asked.reduce((sum, { result }) => sum + documentsIn(result), 0);
  return judged(count >= min, `retrieved ${count}, at least ${min} expected`);
}

function signalValues(context, name) {
  return (context.trace?.spans ?? [])
    .map(({ attributes }) => attributes?.[`agent.behavioral.${name}`])
    .filter((value) => value !== undefined)
    .map(Number);
}

export function signalWithin(output, context) {
  const { name, eq, gte, lte } = context.config.value;
  const [value] = signalValues(context, name);
  if (value === undefined) throw new Error(`no span has agent.behavioral.${name}`);
  const holds =
    (eq === undefined || value === Number(eq)) &&
    (gte === undefined || value >= gte) &&
    (lte === undefined || value <= lte);
  return judged(holds, `${name} is ${value}`);
}

export function noFallback(output, context) {
  const { task_types: types } = context.config?.value ?? {};
  const type = context.test?.metadata?.task_type;
  if (types !== undefined && type !== undefined && !types.includes(type))
    return judged(true, `task type ${type} may fall back`);
  const fallbacks = context.config?.recognize?.fallback_tools ?? [];
  const used = callsOf(context).find(({ tool }) => fallbacks.includes(tool));
  if (used) return judged(false, `fell back to ${used.tool}`);
  const told = signalValues(context, "fallback");
  if (told.some((value) => value === 1)) return judged(false, "a span says that it fell back");
  if (fallbacks.length === 0 && told.length === 0)
    throw new Error(
      "nothing tells a fallback: no recognize.fallback_tools, no agent.behavioral.fallback",
    );
  return judged(true, "did not fall back");
}

/** The spans that the agent itself began with: those below the call of the provider, which promptfoo has a span of its own for. */
function rootsOf(context) {
  const spans = context.trace?.spans ?? [];
  const { parentSpanId: caller } = metadataOf(context);
  if (caller !== undefined) return spans.filter(({ parentSpanId }) => parentSpanId === caller);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
}

export function noError(output, context) {
  const roots = rootsOf(context);
  if (roots.length === 0) throw new Error("no span of the agent is visible");
  const wrong = roots.find(({ statusCode }) => statusCode === 2);
  return judged(wrong === undefined, wrong ? `${wrong.name} ended in an error` : "no error");
}

export function noLoop(output, context) {
  const { max_repeats: most = 3, same_args: same = true } = context.config?.value ?? {};
  const counts = new Map();
  for (const { tool, args } of callsOf(context)) {
    const key = same ? `${tool} ${JSON.stringify(args)}` : tool;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [key = "no tool", count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  return judged(count <= most, `${key.split(" ")[0]} was called ${count} times, at most ${most}`);
}

const formats = {
  "date-time": /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
};

function kindOf(value) {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function wrongAt({ eq, type, format, not_null: notNull }, value) {
  if (notNull && (value === null || value === "")) return "is null";
  if (eq !== undefined && JSON.stringify(value) !== JSON.stringify(eq)) return "is another value";
  if (type !== undefined && kindOf(value) !== type) return `is not of type ${type}`;
  if (format !== undefined && !(typeof value === "string" && formats[format].test(value)))
    return `is no ${format}`;
  return null;
}

export function outputPath(output, context) {
  const { pointer, ...rule } = context.config.value;
  const values = valuesAt(jsonOf(output), pointer);
  if (values.length === 0) return judged(false, `${pointer} is missing`);
  const wrong = values.map((value) => wrongAt(rule, value)).find((why) => why !== null);
  return judged(wrong === undefined, `${pointer} is ${JSON.stringify(values[0])} ${wrong ?? ""}`);
}

export function validator(output, context) {
  const { run, folder } = context.config.value;
  const [program, ...args] = run;
  const ended = spawnSync(program, args, {
    cwd: resolve(here, folder),
    input: textOf(output),
    encoding: "utf8",
    timeout: validatorMs,
  });
  const said = `${ended.stdout ?? ""}${ended.stderr ?? ""}`.trim().split("\n")[0];
  return judged(
    ended.status === 0,
    ended.status === 0 ? "accepted" : `rejected: ${said || ended.error?.message || ended.status}`,
  );
}

export function tokensWithin(output, context) {
  const { tokens } = context.config.value;
  const used = metadataOf(context).usage?.tokens;
  if (used === undefined) throw new Error("the agent reports no tokens");
  return judged(used <= tokens, `${used} tokens of ${tokens}`);
}

// promptfoo 0.123 looks for a named function on the default export where there is one.
Object.assign(RootwardProvider, {
  citationsSubset,
  citationsForbid,
  retrievalNonEmpty,
  signalWithin,
  noFallback,
  noError,
  noLoop,
  outputPath,
  validator,
  tokensWithin,
});
