import { isFailed } from "../model/run.ts";
import type { FailureFact, Known, Source, StepOutcome, ToolCall } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { documentsIn } from "./documents.ts";
import { errorIn, failureOf } from "./failures.ts";
import { find, findText, whyNot } from "./fields.ts";
import { answerTools } from "./messages.ts";
import { parse } from "./parse.ts";
import { namedTarget } from "./passing.ts";
import { isSameTool, requestsOf } from "./requests.ts";
import type { Request } from "./requests.ts";
import { standInsFor } from "./stand-ins.ts";
import type { Executed } from "./stand-ins.ts";
import { actorOf, ancestors } from "./steps.ts";
import type { Step } from "./steps.ts";
import { isList, isRecord } from "./value.ts";

/** A call with the span steps and the request it was read from. */
export interface ToolRead {
  readonly call: ToolCall;
  readonly steps: readonly Step[];
  readonly nanos: bigint;
  readonly endNanos: bigint;
}

function toolNameOf(step: Step): string {
  const name = findText(step.span, "toolName") ?? step.span.name;
  const inner = /^tools\/call (.+)$/.exec(name)?.[1] ?? name;
  return inner.replace(/^(.+)\.__call__$/, "$1");
}

/** Spans of one call are nested with one name, or carry one id, or are parts (MCP, execution) of it. */
function executions(steps: readonly Step[]): readonly Executed[] {
  const found: Executed[] = [];
  const of = new Map<Step, Executed>();
  const byId = new Map<string, Executed>();
  for (const step of steps) {
    if (step.kind !== "tool" && step.kind !== "part") continue;
    const name = toolNameOf(step);
    const callId = findText(step.span, "toolCallId");
    const above = ancestors(step).find((up) => of.has(up));
    const outer = above === undefined ? undefined : of.get(above);
    const same =
      (callId === null ? undefined : byId.get(callId)) ??
      (outer !== undefined && (step.kind === "part" || isSameTool(outer.name, name))
        ? outer
        : undefined) ??
      (step.kind === "part" ? lastBefore(found, step, name) : undefined);
    if (same !== undefined) {
      same.steps.push(step);
      of.set(step, same);
      continue;
    }
    if (step.kind === "part" && !step.span.name.startsWith("tools/call")) continue;
    const made: Executed = { steps: [step], name, callId };
    found.push(made);
    of.set(step, made);
    if (callId !== null) byId.set(callId, made);
  }
  return found;
}

/** A part that stands beside its call: the latest call of that name that began before. */
function lastBefore(found: readonly Executed[], part: Step, name: string): Executed | undefined {
  return found.findLast(
    (one) => isSameTool(one.name, name) || part.span.attributes.has("crewai.event_name"),
  );
}

/** Pairs executions with requests: by id, by name and arguments, by name and ordinal. */
function pair(
  executed: readonly Executed[],
  requests: readonly Request[],
): ReadonlyMap<Executed, Request> {
  const pairs = new Map<Executed, Request>();
  const taken = new Set<Request>();
  const rules: readonly ((one: Executed, request: Request) => boolean)[] = [
    (one, request) => one.callId !== null && one.callId === request.callId,
    (one, request) => isSameTool(one.name, request.name) && sameArguments(one, request),
    (one, request) => isSameTool(one.name, request.name) && !contradicts(one, request),
    (one, request) => isSameTool(one.name, request.name),
  ];
  for (const rule of rules) {
    for (const one of executed) {
      if (pairs.has(one)) continue;
      const request = requests.find((entry) => !taken.has(entry) && rule(one, entry));
      if (request === undefined) continue;
      pairs.set(one, request);
      taken.add(request);
    }
  }
  return pairs;
}

function argumentsOf(one: Executed): unknown {
  const found = one.steps
    .map((step) => find(step.span, "toolArgs"))
    .find((entry) => entry !== null);
  return found === undefined || found === null ? null : parse(found.value).value;
}

function sameArguments(one: Executed, request: Request): boolean {
  const own = argumentsOf(one);
  return own !== null && JSON.stringify(own) === JSON.stringify(parse(request.args).value);
}

/** Both ends know their arguments, and they differ: another call of the same tool, whose span was lost. */
function contradicts(one: Executed, request: Request): boolean {
  const own = argumentsOf(one);
  const asked = parse(request.args).value;
  return isRecord(own) && isRecord(asked) && JSON.stringify(own) !== JSON.stringify(asked);
}

function known(value: unknown, source: Source, truncated: boolean): Known<unknown> {
  if (value === null && truncated) return { value: null, why: "truncated" };
  return { value, source: truncated ? { ...source, cut: true } : source };
}

function readField(steps: readonly Step[], field: "toolArgs" | "toolResult"): Known<unknown> {
  for (const step of steps) {
    const found = find(step.span, field);
    if (found === null) continue;
    const parsed = parse(found.value);
    return known(parsed.value, found.source, parsed.truncated);
  }
  const redacted = steps.some((step) => whyNot(step.span, field, step.convention) === "redacted");
  return { value: null, why: redacted ? "redacted" : "absent" };
}

function fromMessage(value: unknown, request: Request, path: string): Known<unknown> {
  const parsed = parse(value);
  if (parsed.value === null) return { value: null, why: "absent" };
  const spanId = request.by?.spanId;
  const convention = request.by?.step.convention ?? "app";
  const source = spanId === undefined ? { convention, path } : { convention, spanId, path };
  return known(parsed.value, source, parsed.truncated);
}

const nothing =
  /^\s*(no|zero|0) (matching |relevant )?(results?|documents?|matches|entries|items|records|passages|hits)\b|^\s*nothing (was )?found/i;

/** Whether a result says that there was nothing. */
function isEmptyResult(value: unknown): boolean {
  if (typeof value === "string") return nothing.test(value);
  if (isList(value)) return value.length === 0;
  return documentsIn(value)?.length === 0 || holdsNothing(value);
}

/** A record of empty lists and zero counts: `{"services": [], "matched": 0}`. */
function holdsNothing(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const entries = Object.values(value);
  return (
    entries.some((entry) => isList(entry) && entry.length === 0) &&
    entries.every((entry) => (isList(entry) ? entry.length === 0 : !entry))
  );
}

interface Ending {
  readonly outcome: StepOutcome;
  readonly failure: FailureFact | null;
}

/** How a call ended, by the ladder of conventions.md 3.2: span, flags, the next history, shape of the result, phrases. */
function endingOf(
  steps: readonly Step[],
  result: Known<unknown>,
  request: Request | null,
  id: string,
): Ending {
  const failures = steps.map(failureOf).filter((failure) => failure !== null);
  const told = errorIn(result.value);
  const first = failures.find((failure) => failure.message !== null) ?? failures[0];
  if (first !== undefined) {
    return {
      outcome: "error",
      failure: first.message === null && told !== null ? { ...first, message: told.text } : first,
    };
  }
  const source: Source =
    "source" in result ? result.source : { convention: "app", path: "messages" };
  const fact = (message: string | null): FailureFact => ({
    type: null,
    message,
    at: id,
    propagated: false,
    source,
  });
  if (request?.result?.isError === true) {
    return {
      outcome: "error",
      failure: fact(told?.text ?? (typeof result.value === "string" ? result.value : null)),
    };
  }
  const inHistory =
    request?.result === null || request?.result === undefined
      ? null
      : errorIn(parse(request.result.value).value);
  if (told !== null || inHistory !== null) {
    return { outcome: "soft_error", failure: fact((told ?? inHistory)?.text ?? null) };
  }
  if (result.value === null) {
    // A span that ended without a sign of failure ended well, also where its content is off; a mere request may never have run.
    return { outcome: steps.length > 0 ? "ok" : "unknown", failure: null };
  }
  return { outcome: isEmptyResult(result.value) ? "empty" : "ok", failure: null };
}

/** `mcp__server__tool` names its server. */
function splitServer(name: string): { readonly server: string | null; readonly tool: string } {
  const match = /^mcp__(.+?)__(.+)$/.exec(name);
  return match === null
    ? { server: null, tool: name }
    : { server: match[1] ?? null, tool: match[2] ?? name };
}

function readExecuted(one: Executed, request: Request | null): ToolRead {
  const outer = one.steps[0];
  const steps = one.steps;
  const id = outer?.span.spanId ?? one.name;
  const fromSpan = readField(steps, "toolResult");
  const result =
    fromSpan.value === null && request?.result
      ? fromMessage(request.result.value, request, "messages/tool")
      : fromSpan;
  const ownArgs = readField(steps, "toolArgs");
  const args =
    ownArgs.value === null && request !== null
      ? fromMessage(request.args, request, "messages/call")
      : ownArgs;
  const nanos = outer?.span.startNanos ?? 0n;
  const endNanos = outer?.span.endNanos ?? nanos;
  const { server, tool } = splitServer(
    request !== null && one.name !== request.name ? request.name : one.name,
  );
  const ending = endingOf(steps, result, request, id);
  const server2 = steps
    .map((step) => findText(step.span, "toolServer"))
    .find((name) => name !== null);
  const call: ToolCall = {
    id,
    callId: one.callId ?? request?.callId ?? null,
    seq: 0,
    name: tool,
    rawName: one.name,
    mcpServer: server ?? server2 ?? null,
    agent:
      (outer === undefined || outer.kind === "agent" ? null : actorOf(outer)) ??
      request?.agent ??
      null,
    requestedBy: request?.by?.step.span.spanId ?? null,
    spanIds: steps.map((step) => step.span.spanId),
    origin: request === null ? "span" : "both",
    executed: true,
    args,
    result,
    outcome: ending.outcome,
    failure: ending.failure,
    retryOf: null,
    durationMs: Number((endNanos - nanos) / 1000n) / 1000,
    role: "plain",
  };
  return { call, steps, nanos, endNanos };
}

function readRequest(request: Request): ToolRead {
  const id = request.callId ?? `${request.name}#${request.index}`;
  const result =
    request.result === null
      ? ({ value: null, why: "absent" } as const)
      : fromMessage(request.result.value, request, "messages/tool");
  const { server, tool } = splitServer(request.name);
  const ending = endingOf([], result, request, id);
  const call: ToolCall = {
    id,
    callId: request.callId,
    seq: 0,
    name: tool,
    rawName: request.name,
    mcpServer: server,
    agent: request.agent,
    requestedBy: request.by?.step.span.spanId ?? null,
    spanIds: [],
    origin: "message",
    executed: request.result !== null,
    args: fromMessage(request.args, request, "messages/call"),
    result,
    outcome: ending.outcome,
    failure: ending.failure,
    retryOf: null,
    durationMs: null,
    role: "plain",
  };
  return { call, steps: [], nanos: request.nanos, endNanos: request.nanos };
}

const transferBack = /^transfer_?back_?to/i;

/** Whether the failed call is repeated by a later one of the same tool. */
function withRetries(reads: readonly ToolRead[]): readonly ToolRead[] {
  const lastOf = new Map<string, ToolCall>();
  return reads.map((read) => {
    const key = `${read.call.agent ?? ""} ${read.call.name}`;
    const before = lastOf.get(key);
    const failed = before !== undefined && isFailed(before);
    const call = failed ? { ...read.call, retryOf: before.id } : read.call;
    lastOf.set(key, call);
    return failed ? { ...read, call } : read;
  });
}

/**
 * The tool calls of a run, in order: those that spans show and those that only messages show, merged into one list, with how each
 * ended. Answers in the form of a call, and the return of control, are none.
 */
export function toolsOf(
  steps: readonly Step[],
  calls: readonly ReadCall[],
  sole: string | null,
): readonly ToolRead[] {
  const executed = executions(steps).filter((one) => !transferBack.test(one.name));
  const requests = requestsOf(calls).filter((request) => !transferBack.test(request.name));
  const pairs = pair(executed, requests);
  const covered = new Set(pairs.values());
  const open = requests.filter((request) => !covered.has(request));
  const delegated = standInsFor(steps, open);
  const reads = [
    ...executed.map((one) => readExecuted(one, pairs.get(one) ?? null)),
    ...open.map((request) => {
      const inner = delegated.get(request);
      return inner === undefined ? readRequest(request) : readExecuted(inner, request);
    }),
  ].filter(
    (read) => !answerTools.has(read.call.name) || namedTarget(read.call.args.value) !== null,
  );
  reads.sort((a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0));
  return withRetries(
    sole === null
      ? reads
      : reads.map((read) =>
          read.call.agent === null ? { ...read, call: { ...read.call, agent: sole } } : read,
        ),
  );
}
