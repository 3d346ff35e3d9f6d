import type { RunId, SpanId } from "../model/ids.ts";
import type { Convention, LlmCall, Run, ToolCall, ToolDefinition } from "../model/run.ts";
import type { TraceContent } from "../model/span.ts";
import type { RootwardConfig, WorkflowSettings } from "../model/workflow.ts";
import { agentsOf, actingOf } from "./agents.ts";
import { appStepsOf } from "./app-steps.ts";
import { readCall } from "./calls.ts";
import type { ReadCall } from "./calls.ts";
import { citedIn } from "./cite.ts";
import { declaredOf } from "./declared.ts";
import { runErrorOf } from "./ending.ts";
import { evaluationsOf } from "./evaluations.ts";
import { findText } from "./fields.ts";
import { groupsOf, overlap } from "./group.ts";
import type { Group } from "./group.ts";
import { handoffsOf, isPassingName } from "./handoffs.ts";
import type { HandoffRead } from "./handoffs.ts";
import { identityOf } from "./identity.ts";
import { hashOf, masked, stableJson } from "./mask.ts";
import { inputOf, outputOf } from "./output.ts";
import { retrievalsOf } from "./retrievals.ts";
import type { RetrievalRead } from "./retrievals.ts";
import { agentNameOf, stepsOf } from "./steps.ts";
import type { Step } from "./steps.ts";
import { toolsOf } from "./tools.ts";
import type { ToolRead } from "./tools.ts";
import { textOf } from "./value.ts";

export interface AssembleOptions {
  readonly settingsFor: (workflow: string, environment: string) => WorkflowSettings;
  readonly map: RootwardConfig["map"];
  readonly closedBy: Run["closedBy"];
}

/** A run and the settings by which it was read. */
export interface Assembled {
  readonly run: Run;
  readonly settings: WorkflowSettings;
}

/**
 * The runs in some traces, as stored or as received, in order of start. The order of spans and their duplication change nothing;
 * a late span gives the same run again. Traces in which nothing was understood give none.
 *
 * @source conventions.md 3.0 to 3.2
 */
export function assemble(content: TraceContent, options: AssembleOptions): readonly Assembled[] {
  const steps = stepsOf(content.spans, content.logs);
  const calls = new Map<Step, ReadCall>();
  for (const step of steps) if (step.kind === "llm") calls.set(step, readCall(step));
  return groupsOf(steps, calls).map((group) => assembleGroup(group, calls, options));
}

/** Nested or doubled model calls are one: the fuller, with what the other adds. */
function distinctCalls(
  steps: readonly Step[],
  calls: ReadonlyMap<Step, ReadCall>,
): readonly ReadCall[] {
  const kept: ReadCall[] = [];
  const byResponse = new Map<string, number>();
  for (const step of steps) {
    const call = calls.get(step);
    if (call === undefined) continue;
    const outer = kept.findIndex(
      (other, index) => index >= kept.length - 8 && isSameCall(step, other.step),
    );
    const same = call.responseId === null ? undefined : byResponse.get(call.responseId);
    const twin = outer >= 0 ? outer : same !== undefined && isTwin(kept[same], call) ? same : -1;
    const other = kept[twin];
    if (other !== undefined) {
      kept[twin] = mergeCalls(other, call);
      continue;
    }
    if (call.responseId !== null) byResponse.set(call.responseId, kept.length);
    kept.push(call);
  }
  return kept;
}

/** Nested, with neither an actor nor a tool in between: a wrapper and the call itself. */
function isSameCall(inner: Step, outer: Step): boolean {
  for (let up = inner.parent; up !== null; up = up.parent) {
    if (up === outer) return true;
    if (up.kind === "agent" || up.kind === "tool" || up.kind === "workflow") return false;
  }
  return false;
}

function isTwin(other: ReadCall | undefined, call: ReadCall): boolean {
  return other !== undefined && overlap(other.step, call.step);
}

function mergeCalls(a: ReadCall, b: ReadCall): ReadCall {
  const parts = (call: ReadCall): number =>
    call.output.reduce((sum, message) => sum + message.parts.length, 0);
  const inputs = (call: ReadCall): number => call.input.length;
  return {
    ...a,
    agent: a.agent ?? b.agent,
    modelRequested: a.modelRequested ?? b.modelRequested,
    modelAnswered: b.modelAnswered ?? a.modelAnswered,
    modelBuild: a.modelBuild ?? b.modelBuild,
    responseId: a.responseId ?? b.responseId,
    system: a.system.value === null ? b.system : a.system,
    input: inputs(b) > inputs(a) ? b.input : a.input,
    output: parts(b) > parts(a) ? b.output : a.output,
    finish: a.finish ?? b.finish,
    usage: Object.keys(a.usage).length > 0 ? a.usage : b.usage,
    logprobs: a.logprobs.value === null ? b.logprobs : a.logprobs,
    failure: a.failure ?? b.failure,
    tools: a.tools.length > 0 ? a.tools : b.tools,
  };
}

/** Everything read from a group's steps, in its own order, before it is numbered. */
interface Parts {
  readonly group: Group;
  readonly calls: readonly ReadCall[];
  readonly tools: readonly ToolRead[];
  readonly retrievals: readonly RetrievalRead[];
  readonly handoffs: readonly HandoffRead[];
  readonly settings: WorkflowSettings;
  readonly sole: string | null;
}

function withRoles(
  tools: readonly ToolRead[],
  handoffs: readonly HandoffRead[],
  settings: WorkflowSettings,
): readonly ToolRead[] {
  const carriers = new Set(handoffs.map((one) => one.toolId));
  return tools.map((read) => {
    const { call } = read;
    const role: ToolCall["role"] = carriers.has(call.id)
      ? "handoff"
      : settings.finalTools.includes(call.name)
        ? "final_answer"
        : settings.fallbackTools.includes(call.name)
          ? "fallback"
          : settings.retrievers.includes(call.name)
            ? "retriever"
            : "plain";
    return { ...read, call: { ...call, role } };
  });
}

function withRetrieverRole(
  tools: readonly ToolRead[],
  retrievals: readonly RetrievalRead[],
): readonly ToolRead[] {
  const retrieving = new Set(retrievals.map((one) => one.retrieval.toolCallId));
  return tools.map((read) =>
    read.call.role === "plain" && retrieving.has(read.call.id)
      ? { ...read, call: { ...read.call, role: "retriever" as const } }
      : read,
  );
}

function assembleGroup(
  group: Group,
  all: ReadonlyMap<Step, ReadCall>,
  options: AssembleOptions,
): Assembled {
  const { steps } = group;
  const identity = identityOf(group, options.map ?? []);
  const settings = options.settingsFor(identity.workflow, identity.environment);
  const read = distinctCalls(steps, all);
  const sole = soleActor(group, identity.deployment.service);
  const calls = read.map((call) => ({ ...call, agent: call.agent ?? sole }));
  const acting = actingOf(steps, calls);
  const plainTools = toolsOf(steps, calls, sole);
  const handoffs = handoffsOf(steps, plainTools, acting);
  const roled = withRoles(plainTools, handoffs, settings);
  const retrievals = retrievalsOf(
    steps,
    calls,
    roled.filter((read) => !isPassingName(read.call.name)),
    settings.retrievers,
  );
  const tools = withRetrieverRole(roled, retrievals);
  const run = runOf(
    { group, calls, tools, retrievals, handoffs, settings, sole },
    identity,
    options,
  );
  return { run, settings };
}

/**
 * Who acts in a run that names no agent: the program that its root stands for, else the service. null where an agent is named, or
 * nobody calls a model or a tool.
 */
function soleActor(group: Group, service: string): string | null {
  const { steps, root } = group;
  if (steps.some((step) => agentNameOf(step) !== null)) return null;
  if (!steps.some((step) => step.kind === "llm" || step.kind === "tool")) return null;
  const program = /^(\w+)\.(?:forward|run|query|kickoff)$/.exec(root?.span.name ?? "")?.[1];
  if (program !== undefined && root?.kind !== "agent") return program;
  return service.startsWith("unknown") ? null : service;
}

/** The root, and the agents directly below it: where a run's question and answer stand. */
function rootsOf(group: Group): readonly Step[] {
  const { root, steps } = group;
  const actors = steps.filter(
    (step) => step !== root && (step.kind === "agent" || step.kind === "workflow"),
  );
  const last = actors
    .filter((step) => step.kind === "agent")
    .toSorted((a, b) => (a.span.endNanos < b.span.endNanos ? 1 : -1));
  return root === null || root.kind === "llm" || root.kind === "tool" || root.kind === "retrieval"
    ? last
    : [root, ...last];
}

type Identity = ReturnType<typeof identityOf>;

function runOf(parts: Parts, identity: Identity, options: AssembleOptions): Run {
  const { group, calls, settings } = parts;
  const { steps, root } = group;
  const roots = rootsOf(group);
  const numbered = number(parts);
  const toolCalls = numbered.tools.map((read) => read.call);
  const llmCalls = numbered.calls;
  const read = outputOf(roots, calls);
  const error = runErrorOf({ group, calls, tools: parts.tools, output: read });
  const output: Run["output"] =
    error !== null && isErrorText(read, error.message) ? { value: null, why: "absent" } : read;
  const isComplete =
    root !== null &&
    (root.kind === "agent" ||
      root.kind === "workflow" ||
      root.span.parentSpanId === null ||
      root.span.kind === "server");
  const starts = steps.map((step) => step.span.startNanos);
  const ends = steps.map((step) => step.span.endNanos);
  const inputs = inputOf(roots.slice(0, 1), calls);
  return {
    id: idOf(group),
    aliases: aliasesOf(group),
    traceIds: group.traceIds,
    rootSpanId: root?.span.spanId ?? null,
    complete: isComplete,
    closedBy: isComplete
      ? (options.closedBy ?? "root")
      : options.closedBy === "root"
        ? null
        : options.closedBy,
    startNanos: starts.reduce((a, b) => (b < a ? b : a)),
    endNanos: ends.reduce((a, b) => (b > a ? b : a)),
    ...identity,
    taskType: taskTypeOf(group, settings) ?? identity.taskType,
    prompt: promptOf(calls),
    toolset: toolsetOf(calls),
    indexVersion:
      steps.map((step) => findText(step.span, "index")).find((index) => index !== null) ?? null,
    agents: agentsOf({
      steps,
      calls,
      handoffs: parts.handoffs,
      sole: parts.sole,
      seqOf: numbered.seqOf,
    }),
    llmCalls,
    toolCalls,
    retrievals: numbered.retrievals,
    handoffs: numbered.handoffs,
    appSteps: appStepsOf(steps, numbered.seqOf),
    evaluations: evaluationsOf(steps),
    input: inputs,
    output,
    cited:
      output.value === null
        ? null
        : citedIn(
            output.value.text,
            output.value.json,
            documentIds(parts.retrievals),
            settings.citation,
          ),
    error,
    contentCaptured: contentOf(calls, parts.tools, output),
    conventions: conventionsOf(steps),
    warnings: warningsOf(steps),
    declared: root === null ? {} : declaredOf(root),
    understood: {
      spans: steps.filter((step) => step.kind !== "other" && step.convention !== "app").length,
      of: steps.length,
    },
  };
}

function isErrorText(output: Run["output"], message: string | null): boolean {
  return output.value !== null && message !== null && output.value.text.includes(message);
}

function documentIds(retrievals: readonly RetrievalRead[]): readonly string[] {
  return retrievals.flatMap(({ retrieval }) =>
    (retrieval.documents ?? []).flatMap((doc) => (doc.id === null ? [] : [doc.id])),
  );
}

function earliest(group: Group): Step | undefined {
  return group.steps[0];
}

function idOf(group: Group): RunId {
  const first = earliest(group);
  const traceId = first?.span.traceId ?? group.traceIds[0] ?? "";
  const suffix = group.isShared && group.root !== null ? `-${group.root.span.spanId}` : "";
  return runId(`${traceId}${suffix}`);
}

function aliasesOf(group: Group): readonly RunId[] {
  const own = idOf(group);
  return group.isFirst ? group.traceIds.map((id) => runId(id)).filter((id) => id !== own) : [];
}

/** Trace and span ids were checked when their body was received. */
function runId(text: string): RunId {
  if (!isRunId(text)) throw new Error(`not the id of a run: ${text}`);
  return text;
}

function isRunId(text: string): text is RunId {
  return /^[0-9a-f]{32}(-[0-9a-f]{16})?$/.test(text);
}

interface Numbered {
  readonly calls: readonly LlmCall[];
  readonly tools: readonly ToolRead[];
  readonly retrievals: Run["retrievals"];
  readonly handoffs: Run["handoffs"];
  readonly seqOf: (spanId: SpanId) => number;
}

/** Numbers everything that happened in one sequence: by start, the asking call before the tool it asked for. */
function number(parts: Parts): Numbered {
  const entries = [
    ...parts.group.steps.map((step) => ({
      key: String(step.span.spanId),
      nanos: step.span.startNanos,
      rank: 0,
    })),
    ...parts.tools
      .filter((read) => read.steps.length === 0)
      .map((read) => ({ key: read.call.id, nanos: read.nanos, rank: 1 })),
  ];
  const ordered = entries
    .map((entry, index) => ({ ...entry, index }))
    .toSorted((a, b) =>
      a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : a.rank - b.rank || a.index - b.index,
    );
  const seqs = new Map(ordered.map((entry, index) => [entry.key, index]));
  const seqOf = (key: string | undefined): number => (key === undefined ? 0 : (seqs.get(key) ?? 0));
  const tools = parts.tools.map((read) => ({
    ...read,
    call: { ...read.call, seq: seqOf(read.steps[0]?.span.spanId ?? read.call.id) },
  }));
  const requested = new Map<string, string[]>();
  for (const { call } of tools) {
    if (call.requestedBy !== null)
      requested.set(call.requestedBy, [...(requested.get(call.requestedBy) ?? []), call.id]);
  }
  const calls = parts.calls.map(({ step, tools: _tools, ...call }): LlmCall => ({
    ...call,
    seq: seqOf(step.span.spanId),
    requested: requested.get(step.span.spanId) ?? [],
  }));
  const bySpan = (ids: readonly string[], fallback: string): number => seqOf(ids[0] ?? fallback);
  return {
    calls,
    tools,
    retrievals: parts.retrievals.map(({ retrieval }) => ({
      ...retrieval,
      seq: bySpan(retrieval.spanIds, retrieval.id),
    })),
    handoffs: parts.handoffs.map(({ handoff, toolId }) => ({
      ...handoff,
      seq: seqOf(handoff.spanId ?? toolId ?? undefined),
    })),
    seqOf,
  };
}

function taskTypeOf(group: Group, settings: WorkflowSettings): string | null {
  const key = settings.taskTypeAttribute;
  if (key === null) return null;
  for (const step of group.steps) {
    const text =
      textOf(step.span.attributes.get(key)) ?? textOf(step.span.resource.attributes.get(key));
    if (text !== null) return text;
  }
  return null;
}

function promptOf(calls: readonly ReadCall[]): Run["prompt"] {
  const named = calls.find(
    (call) =>
      findText(call.step.span, "promptName") !== null ||
      findText(call.step.span, "promptVersion") !== null,
  );
  const system = calls.find((call) => call.system.value !== null)?.system.value ?? null;
  const text = system === null ? null : masked(system);
  return {
    name: named === undefined ? null : findText(named.step.span, "promptName"),
    version: named === undefined ? null : findText(named.step.span, "promptVersion"),
    hash: text === null ? null : hashOf(text),
    text,
  };
}

function toolsetOf(calls: readonly ReadCall[]): Run["toolset"] {
  const byName = new Map<string, ToolDefinition>();
  for (const call of calls)
    for (const tool of call.tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const tools = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { hash: tools.length === 0 ? null : hashOf(stableJson(tools)), tools };
}

function contentOf(
  calls: readonly ReadCall[],
  tools: readonly ToolRead[],
  output: Run["output"],
): Run["contentCaptured"] {
  const said = (call: ReadCall): boolean =>
    [...call.input, ...call.output].some((message) =>
      message.parts.some((part) => part.t === "text" && message.role !== "system"),
    );
  const whole = calls.filter((call) => call.failure === null);
  const seen = [
    ...whole.map(said),
    ...tools.map((read) => read.call.result.value !== null || read.call.failure !== null),
  ];
  if (seen.length === 0) return output.value === null ? "none" : "full";
  if (seen.every(Boolean)) return "full";
  return seen.some(Boolean) ||
    output.value !== null ||
    tools.some((read) => read.call.args.value !== null)
    ? "partial"
    : "none";
}

function conventionsOf(steps: readonly Step[]): readonly Convention[] {
  const counts = new Map<Convention, number>();
  for (const step of steps)
    if (step.kind !== "other") counts.set(step.convention, (counts.get(step.convention) ?? 0) + 1);
  const known = [...counts].filter(([name]) => name !== "app");
  return (known.length > 0 ? known : [...counts])
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name);
}

function warningsOf(steps: readonly Step[]): readonly string[] {
  const cut = steps.filter((step) => step.span.attributes.has("rootward.truncated")).length;
  return cut === 0 ? [] : [`${cut} spans have an attribute that was cut`];
}
