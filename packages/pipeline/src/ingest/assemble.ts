import type { RunId } from "../model/ids.ts";
import type { Run, ToolCall } from "../model/run.ts";
import type { TraceContent } from "../model/span.ts";
import type { RootwardConfig, WorkflowSettings } from "../model/workflow.ts";
import { actingOf, agentsOf } from "./agents.ts";
import { appStepsOf } from "./app-steps.ts";
import { readCall } from "./calls.ts";
import type { ReadCall } from "./calls.ts";
import { citedIn } from "./cite.ts";
import { declaredOf } from "./declared.ts";
import { distinctCalls } from "./distinct-calls.ts";
import { runErrorOf } from "./ending.ts";
import { evaluationsOf, feedbackOf } from "./evaluations.ts";
import { factsOf } from "./facts.ts";
import type { Fact } from "./facts.ts";
import { flagsOf } from "./flags.ts";
import { groupsOf } from "./group.ts";
import type { Group } from "./group.ts";
import { handoffsOf, isPassingCall } from "./handoffs.ts";
import type { HandoffRead } from "./handoffs.ts";
import { History } from "./history.ts";
import { first, identityOf } from "./identity.ts";
import { inputOf, outputOf } from "./output.ts";
import { number } from "./parts.ts";
import type { Numbered, Parts } from "./parts.ts";
import { retrievalsOf } from "./retrievals.ts";
import type { RetrievalRead } from "./retrievals.ts";
import { agentNameOf, byEnd, stepsOf } from "./steps.ts";
import type { Step } from "./steps.ts";
import { contentOf, conventionsOf, promptOf, toolsetOf, warningsOf } from "./summaries.ts";
import { toldOf } from "./told.ts";
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
  /** Each fact of the run with its source or its reason: made when asked for. */
  readonly facts: () => readonly Fact[];
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
  const history = new History();
  for (const step of steps) if (step.kind === "llm") calls.set(step, readCall(step, history));
  const told = { calls, logs: content.logs };
  return groupsOf(steps, calls).map((group) => assembleGroup(group, told, options));
}

function withRoles(
  tools: readonly ToolRead[],
  handoffs: readonly HandoffRead[],
  settings: WorkflowSettings,
): readonly ToolRead[] {
  const carriers = new Set(handoffs.map((one) => one.toolId));
  return tools.map((read) => {
    const { call } = read;
    const role: ToolCall["role"] =
      carriers.has(call.id) && isPassingCall(call)
        ? "handoff"
        : settings.finalTools.includes(call.name)
          ? "final_answer"
          : settings.fallbackTools.includes(call.name)
            ? "fallback"
            : settings.retrievers.includes(call.name)
              ? "retriever"
              : "plain";
    return role === "plain" ? read : { ...read, call: { ...call, role } };
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

function assembleGroup(group: Group, all: Told, options: AssembleOptions): Assembled {
  const { steps } = group;
  const identity = identityOf(group, options.map ?? []);
  const settings = options.settingsFor(identity.workflow, identity.environment);
  const read = distinctCalls(steps, all.calls);
  const sole = soleActor(group, identity);
  const calls =
    sole === null
      ? read
      : read.map((call) => (call.agent === null ? { ...call, agent: sole } : call));
  const acting = actingOf(steps, calls);
  const told = toldOf(steps, calls);
  const talk = told.length === 0 ? calls : [...calls, ...told];
  const plainTools = toolsOf(steps, talk, sole);
  const handoffs = handoffsOf(steps, plainTools, calls, acting);
  const roled = withRoles(plainTools, handoffs, settings);
  const retrievals = retrievalsOf(
    steps,
    calls,
    roled.filter((read) => !isPassingCall(read.call)),
    settings.retrievers,
  );
  const tools = withRetrieverRole(roled, retrievals);
  const run = runOf(
    {
      group,
      calls,
      talk,
      tools,
      retrievals,
      handoffs,
      settings,
      sole,
      feedback: feedbackOf(all.logs, steps, responsesOf(calls)),
    },
    identity,
    options,
  );
  return { run, settings, facts: () => factsOf(run, steps) };
}

/** What the traces hold beside their steps. */
interface Told {
  readonly calls: ReadonlyMap<Step, ReadCall>;
  readonly logs: TraceContent["logs"];
}

function responsesOf(calls: readonly ReadCall[]): ReadonlySet<string> {
  return new Set(calls.flatMap((call) => call.responseId ?? []));
}

/**
 * Who acts in a run that names no agent: the program that its root stands for, else the service. null where an agent is named, or
 * nobody calls a model or a tool.
 */
function soleActor(group: Group, identity: Identity): string | null {
  const { steps, root } = group;
  const { service } = identity.deployment;
  if (steps.some((step) => agentNameOf(step) !== null)) return null;
  if (!steps.some((step) => ["llm", "tool", "retrieval"].includes(step.kind))) return null;
  const program = /^(\w+)\.(?:forward|query|kickoff)$/.exec(root?.span.name ?? "")?.[1];
  if (program !== undefined && root?.kind !== "agent") return program;
  if (!service.startsWith("unknown")) return service;
  return identity.workflow.startsWith("unknown") ? null : identity.workflow;
}

/** The root, and the agents directly below it: where a run's question and answer stand. */
function rootsOf(group: Group): readonly Step[] {
  const { root, steps } = group;
  const last = byEnd(
    steps.filter((step) => step !== root && (step.kind === "agent" || step.kind === "workflow")),
  );
  if (root === null || root.kind === "llm" || root.kind === "tool" || root.kind === "retrieval")
    return last;
  return [root, ...last, ...closingStep(root)];
}

/** The step of a framework's workflow that ended last: where its root keeps silent, the answer stands there. */
function closingStep(root: Step): readonly Step[] {
  const steps = root.children.filter((step) => step.kind === "chain" && step.convention !== "app");
  const [ended] = byEnd(steps);
  return ended === undefined || root.kind !== "workflow" ? [] : [ended];
}

type Identity = ReturnType<typeof identityOf>;

function runOf(parts: Parts, identity: Identity, options: AssembleOptions): Run {
  const { group, calls, settings } = parts;
  const { steps, root } = group;
  const roots = rootsOf(group);
  const numbered = number(parts);
  const read = outputOf(roots, parts.talk);
  const error = runErrorOf({ group, calls, tools: parts.tools, output: read });
  const output: Run["output"] =
    error !== null && isErrorText(read, error.message) ? { value: null, why: "absent" } : read;
  const frame = frameOf(group, options);
  const work = workOf(parts, numbered);
  return {
    id: frame.id,
    aliases: frame.aliases,
    traceIds: frame.traceIds,
    rootSpanId: frame.rootSpanId,
    complete: frame.complete,
    closedBy: frame.closedBy,
    startNanos: frame.startNanos,
    endNanos: frame.endNanos,
    workflow: identity.workflow,
    environment: identity.environment,
    taskType: taskTypeOf(group, settings) ?? identity.taskType,
    session: identity.session,
    user: identity.user,
    deployment: identity.deployment,
    prompt: promptOf(calls),
    toolset: toolsetOf(calls),
    indexVersion: first(steps, "index"),
    flags: flagsOf(steps),
    agents: work.agents,
    llmCalls: work.llmCalls,
    toolCalls: work.toolCalls,
    retrievals: work.retrievals,
    handoffs: work.handoffs,
    appSteps: work.appSteps,
    evaluations: [...evaluationsOf(steps), ...parts.feedback],
    input: inputOf(roots.slice(0, 1), calls),
    output,
    cited: citedBy(output, parts),
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

/** Whether the root has come: an actor, the start of its trace, or the entry of a service. */
function isWhole(root: Step | null): boolean {
  if (root === null) return false;
  return (
    root.kind === "agent" ||
    root.kind === "workflow" ||
    root.span.parentSpanId === null ||
    root.span.kind === "server"
  );
}

function frameOf(
  group: Group,
  options: AssembleOptions,
): Pick<
  Run,
  "id" | "aliases" | "traceIds" | "rootSpanId" | "complete" | "closedBy" | "startNanos" | "endNanos"
> {
  const { steps, root } = group;
  const complete = isWhole(root);
  const starts = steps.map((step) => step.span.startNanos);
  const ends = steps.map((step) => step.span.endNanos);
  return {
    id: idOf(group),
    aliases: aliasesOf(group),
    traceIds: group.traceIds,
    rootSpanId: root?.span.spanId ?? null,
    complete,
    closedBy: complete || options.closedBy !== "root" ? options.closedBy : null,
    startNanos: starts.reduce((a, b) => (b < a ? b : a)),
    endNanos: ends.reduce((a, b) => (b > a ? b : a)),
  };
}

function workOf(
  parts: Parts,
  numbered: Numbered,
): Pick<Run, "agents" | "llmCalls" | "toolCalls" | "retrievals" | "handoffs" | "appSteps"> {
  const { group, calls, handoffs, sole } = parts;
  const { steps } = group;
  const { seqOf } = numbered;
  return {
    agents: agentsOf({ steps, calls, handoffs, sole, seqOf }),
    llmCalls: numbered.calls,
    toolCalls: numbered.tools.map((read) => read.call),
    retrievals: numbered.retrievals,
    handoffs: numbered.handoffs,
    appSteps: appStepsOf(steps, seqOf),
  };
}

function citedBy(output: Run["output"], parts: Parts): Run["cited"] {
  if (output.value === null) return null;
  const { text, json } = output.value;
  return citedIn(
    text,
    json,
    documentIds(parts.retrievals),
    parts.settings.citation,
    aliasesIn(parts.retrievals),
  );
}

function isErrorText(output: Run["output"], message: string | null): boolean {
  return output.value !== null && message !== null && output.value.text.includes(message);
}

function documentIds(retrievals: readonly RetrievalRead[]): readonly string[] {
  return retrievals.flatMap(({ retrieval }) =>
    (retrieval.documents ?? []).flatMap((doc) => (doc.id === null ? [] : [doc.id])),
  );
}

function aliasesIn(retrievals: readonly RetrievalRead[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { retrieval } of retrievals)
    for (const { id, altIds } of retrieval.documents ?? [])
      if (id !== null) for (const name of altIds) names.set(name, id);
  return names;
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
