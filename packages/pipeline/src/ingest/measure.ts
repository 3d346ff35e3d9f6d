import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import type { AgentInvocation, Declared, LlmCall, Run } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";
import { noSettings } from "../model/workflow.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { confidence } from "../signals/confidence.ts";
import { downstreamOk } from "../signals/downstream.ts";
import type { DownstreamInput } from "../signals/downstream.ts";
import { fallback } from "../signals/fallback.ts";
import type { FallbackInput, FallbackStep } from "../signals/fallback.ts";
import { grounded } from "../signals/grounded.ts";
import { citedIn } from "./cite.ts";
import { plainAnswer } from "./learn-fallback.ts";
import { isHidden, materialOf } from "./material.ts";
import { remembering } from "./memo.ts";
import { flatText } from "./value.ts";
import { verdictOf } from "./verdict.ts";

/** What is measured: a run, or what one agent did in it. `retrieved` and texts are those of the run up to its end. */
interface Scope {
  readonly declared: Declared;
  readonly declaredAt: string | null;
  readonly output: string | null;
  readonly outputAt: string | null;
  readonly truncated: boolean;
  readonly cited: readonly string[];
  readonly agent: string | null;
  readonly isRun: boolean;
}

function applies(settings: WorkflowSettings, signal: keyof Signals): boolean {
  return settings.signals[signal] !== "off";
}

function outputSpan(run: Run): string | null {
  return "source" in run.output ? (run.output.source.spanId ?? null) : null;
}

function groundedOf(run: Run, scope: Scope, settings: WorkflowSettings): Signals["grounded"] {
  const material = materialOf(run);
  const mayBeMeasured = scope.output !== null && isGrounding(settings);
  return grounded({
    declared: scope.declared.grounded,
    declaredAt: scope.declaredAt,
    applies: applies(settings, "grounded"),
    output: scope.output,
    outputAt: scope.outputAt,
    truncated: scope.truncated,
    cited: scope.cited,
    retrieves: settings.retrieves,
    retrievals: run.retrievals.length,
    documents: material.documents,
    texts: mayBeMeasured ? material.retrievedTexts() : [],
    otherTexts: mayBeMeasured ? material.otherTexts() : [],
    isContextVisible: isContextVisible(run),
    hidden:
      run.toolCalls.some((call) => call.role !== "handoff" && isHidden(call)) ||
      run.retrievals.some((one) => one.documents === null),
    minUnits: policy("containmentMinUnits"),
  });
}

/** Whether answers are held against what was retrieved; else nothing need be looked for in them. */
function isGrounding(settings: WorkflowSettings): boolean {
  return applies(settings, "grounded") && settings.retrieves !== false;
}

/** A pipeline's prompts are recorded, or the tools that ran gave nothing: there is nothing else that the answer could rest on. */
function isContextVisible(run: Run): boolean {
  const isRecorded = run.llmCalls.length > 0 && run.llmCalls.every((call) => call.input.length > 0);
  return isRecorded && run.toolCalls.every((call) => call.outcome === "empty");
}

/** Tool calls and model calls in order, of one agent or of all. */
function fallbackSteps(run: Run, agent: string | null): readonly FallbackStep[] {
  const steps: { readonly seq: number; readonly step: FallbackStep }[] = [];
  for (const call of run.toolCalls) {
    if (agent !== null && call.agent !== agent) continue;
    if (!call.executed || call.role === "handoff" || call.role === "final_answer") continue;
    const step: FallbackStep = {
      spanId: call.spanIds[0] ?? null,
      name: call.name,
      agent: call.agent,
      kind: "tool",
      failed: call.outcome === "unknown" ? null : isFailed(call),
      isEmpty: call.outcome === "empty",
      model: null,
    };
    steps.push({ seq: call.seq, step });
  }
  for (const call of run.llmCalls) {
    if (agent !== null && call.agent !== agent) continue;
    const step: FallbackStep = {
      spanId: call.spanId,
      name: "chat",
      agent: call.agent,
      kind: "llm",
      failed: call.failure !== null,
      isEmpty: false,
      model: call.modelRequested,
    };
    steps.push({ seq: call.seq, step });
  }
  return steps.sort((a, b) => a.seq - b.seq).map(({ step }) => step);
}

/** The hand-off or tool call that passes the run to someone who is there for that. */
function escalationOf(
  run: Run,
  scope: Scope,
  settings: WorkflowSettings,
): FallbackInput["escalation"] {
  if (settings.escalations.length === 0) return null;
  const mine = (agent: string | null): boolean => scope.isRun || agent === scope.agent;
  const passed = run.handoffs.find(
    (one) => mine(one.from) && settings.escalations.includes(one.to),
  );
  if (passed !== undefined) return { spanId: passed.spanId, text: `passed on to ${passed.to}` };
  const called = run.toolCalls.find(
    (call) => mine(call.agent) && call.executed && settings.escalations.includes(call.name),
  );
  return called === undefined
    ? null
    : { spanId: called.spanIds[0] ?? null, text: `${called.name} was called` };
}

/** The answer, where it is one that is given in place of an answer. */
function defaultAnswerOf(scope: Scope, settings: WorkflowSettings): FallbackInput["defaultAnswer"] {
  const { output } = scope;
  if (output === null || settings.defaultAnswers.length === 0) return null;
  const plain = plainAnswer(output);
  const known = settings.defaultAnswers.some((given) => {
    const expression = expressionOf(given);
    return expression === null ? plainAnswer(given) === plain : expression.test(output);
  });
  return known ? { spanId: scope.outputAt, text: output.slice(0, 200) } : null;
}

const nothing = /(?!)/;

/** A default answer that is declared as `/an expression/`; null for one in words. */
const expressionOf = remembering(200, (given: string): RegExp | null => {
  const pattern = /^\/(.+)\/$/.exec(given)?.[1];
  if (pattern === undefined) return null;
  try {
    return new RegExp(pattern, "i");
  } catch {
    // The configuration's reader has refused it already.
    return nothing;
  }
});

function fallbackOf(run: Run, scope: Scope, settings: WorkflowSettings): Signals["fallback"] {
  const origin = settings.origins["fallback_tools"];
  const isKnown = settings.fallbackTools.length > 0 || origin !== undefined;
  return fallback({
    declared: scope.declared.fallback,
    declaredAt: scope.declaredAt,
    applies: applies(settings, "fallback"),
    steps: fallbackSteps(run, scope.isRun ? null : scope.agent),
    escalation: escalationOf(run, scope, settings),
    defaultAnswer: defaultAnswerOf(scope, settings),
    fallbackTools: isKnown ? settings.fallbackTools : null,
    knownTools: origin?.from === "learned" ? settings.knownTools : null,
  });
}

function confidenceOf(run: Run, scope: Scope, settings: WorkflowSettings): Signals["confidence"] {
  const evaluated = run.evaluations.find(
    (one) =>
      /^confidence$/i.test(one.name) && one.value !== null && one.value >= 0 && one.value <= 1,
  );
  // A call without log probabilities has no say; most have none.
  const calls = run.llmCalls.filter(
    (call) => call.logprobs.value !== null && (scope.isRun || call.agent === scope.agent),
  );
  return confidence({
    declared: scope.declared.confidence,
    declaredAt: scope.declaredAt,
    applies: applies(settings, "confidence"),
    evaluated: scope.isRun ? (evaluated?.value ?? null) : null,
    calls: calls.map((call) => ({
      spanId: call.spanId,
      tools: chosenTools(call),
      logprobs: call.logprobs.value,
    })),
  });
}

function chosenTools(call: LlmCall): readonly string[] {
  return call.output.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.t === "call" ? part.name : [])),
  );
}

function consumerOf(run: Run): DownstreamInput["consumer"] {
  const lastCall = run.llmCalls.at(-1)?.seq ?? -1;
  for (let index = run.appSteps.length - 1; index >= 0; index -= 1) {
    const step = run.appSteps[index];
    if (step === undefined || step.seq < lastCall) break;
    const accepted = verdictOf(step);
    if (accepted === null) continue;
    const text = `${step.name}: ${step.failure?.message ?? flatText(step.output.value).slice(0, 200)}`;
    return { accepted, spanId: step.spanId, text };
  }
  return null;
}

function downstreamOf(
  run: Run,
  scope: Scope,
  settings: WorkflowSettings,
  violations: readonly string[] | null,
): Signals["downstream_ok"] {
  return downstreamOk({
    declared: scope.declared.downstream_ok,
    declaredAt: scope.declaredAt,
    applies: applies(settings, "downstream_ok"),
    consumer: scope.isRun ? consumerOf(run) : null,
    noOutput:
      scope.isRun && run.error !== null && run.complete && settings.origins["output"] !== undefined
        ? {
            spanId: run.error.at,
            text: run.error.message ?? run.error.type ?? "the run ended in an error",
          }
        : null,
    violations,
    outputAt: scope.outputAt,
    outputVisible: scope.output !== null,
  });
}

function measureScope(
  run: Run,
  scope: Scope,
  settings: WorkflowSettings,
  violations: readonly string[] | null,
): Signals {
  return {
    grounded: groundedOf(run, scope, settings),
    fallback: fallbackOf(run, scope, settings),
    confidence: confidenceOf(run, scope, settings),
    downstream_ok: downstreamOf(run, scope, settings, violations),
  };
}

/**
 * The four signals of a run, each measured with its method and evidence, or absent with its reason. What the application declares
 * comes first.
 *
 * @param violations where the output breaks the workflow's declared contract; null where there is no contract or no output
 * @source conventions.md 3.3
 */
export function measure(
  run: Run,
  settings: WorkflowSettings,
  violations: readonly string[] | null,
): Signals {
  const scope: Scope = {
    declared: run.declared,
    declaredAt: run.rootSpanId,
    output: run.output.value?.text ?? null,
    outputAt: outputSpan(run),
    truncated: run.output.value === null && run.output.why === "truncated",
    cited: run.cited ?? [],
    agent: null,
    isRun: true,
  };
  const own = measureScope(run, scope, settings, violations);
  return withAgents(run, own);
}

/** What an agent declares holds for the run where the run's root declares nothing: the worst of them. */
function withAgents(run: Run, own: Signals): Signals {
  const declared = run.agents.filter(
    (agent) => agent.spanId !== run.rootSpanId && Object.keys(agent.declared).length > 0,
  );
  if (declared.length === 0) return own;
  const signals = declared.map((agent) =>
    measureScope(run, { ...agentScope(agent, []), output: null }, offSettings, null),
  );
  const isOwn = (reading: { readonly kind: string; readonly method?: string }): boolean =>
    reading.kind === "measured" && reading.method === "declared";
  const pick = <K extends keyof Signals>(
    name: K,
    worst: (a: Signals[K], b: Signals[K]) => Signals[K],
  ): Signals[K] => {
    const found = signals.map((one) => one[name]).filter((reading) => isOwn(reading));
    const [first, ...rest] = found;
    return isOwn(own[name]) || first === undefined ? own[name] : rest.reduce(worst, first);
  };
  return {
    grounded: pick("grounded", (a, b) => (value(b) < value(a) ? b : a)),
    confidence: pick("confidence", (a, b) => (value(b) < value(a) ? b : a)),
    fallback: pick("fallback", (a, b) => (value(b) > value(a) ? b : a)),
    downstream_ok: pick("downstream_ok", (a, b) => (value(b) < value(a) ? b : a)),
  };
}

function value(reading: Signals[keyof Signals]): number {
  return reading.kind === "measured" ? Number(reading.value) : 0;
}

const offSettings: WorkflowSettings = {
  ...noSettings,
  signals: { grounded: "off", fallback: "off", confidence: "off", downstream_ok: "off" },
};

function agentScope(agent: AgentInvocation, cited: readonly string[]): Scope {
  return {
    declared: agent.declared,
    declaredAt: agent.spanId,
    output: agent.output.value,
    outputAt: agent.spanId,
    truncated: false,
    cited,
    agent: agent.name,
    isRun: false,
  };
}

/**
 * What an agent's answer cites. Where it is the run's answer, and documents have no other names by which an answer of the run may
 * mean them, that was read already.
 */
function citedByAgent(
  run: Run,
  { output }: AgentInvocation,
  settings: WorkflowSettings,
): readonly string[] {
  if (output.value === null || !isGrounding(settings)) return [];
  const docs = run.retrievals.flatMap((one) => one.documents ?? []);
  const whole = run.output.value;
  const isRunsAnswer = whole?.text === output.value && whole.json === undefined;
  if (isRunsAnswer && run.cited !== null && docs.every(({ altIds }) => altIds.length === 0))
    return run.cited;
  const ids = docs.flatMap(({ id }) => id ?? []);
  return citedIn(output.value, undefined, ids, settings.citation);
}

/**
 * The signals of each agent of a run, by name: by the same rules, over its own steps and answer, against everything that the run
 * retrieved. An agent that acts more than once has the readings of its last turn.
 *
 * @param settings those that the run was assembled with
 */
export function measureAgents(run: Run, settings: WorkflowSettings): ReadonlyMap<string, Signals> {
  const lastTurns = new Map(run.agents.map((agent) => [agent.name, agent]));
  const signals = new Map<string, Signals>();
  for (const [name, agent] of lastTurns) {
    const scope = agentScope(agent, citedByAgent(run, agent, settings));
    signals.set(name, measureScope(run, scope, settings, null));
  }
  return signals;
}
