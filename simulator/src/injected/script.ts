import type { AgentPlan, AgentStep, CallPlan, DocumentPlan, RunPlan } from "../plan.ts";
import { toolSpec } from "../plan.ts";
import type { Random } from "../random.ts";
import type { says } from "../workflows/moment.ts";
import { asks, call, modelOf, probability, returns, timesOut } from "../workflows/moment.ts";
import { documentOf, round, valueOf, type Facts } from "./facts.ts";
import type { Injection } from "./kinds.ts";
import type { Stage, Worker, World } from "./world.ts";

/** What the run of one request is made with. */
export interface Scene {
  readonly world: World;
  readonly facts: Facts;
  readonly atMs: number;
  readonly random: Random;
  /** What acts in this run; null in an ordinary one. */
  readonly injection: Injection | null;
  /** What acts at this time, whether or not it touches this run: prompts and models are of the time. */
  readonly live: Injection | null;
  /** From 0 to 1: how often calls are repeated and odd things happen that mean nothing. */
  readonly oddness: number;
}

/** A run as it comes to be. */
export interface Draft {
  readonly agents: { readonly worker: Worker; readonly steps: AgentStep[]; question: string }[];
  /** What the agent at work knows, by field name. */
  known: Map<string, unknown>;
  read: DocumentPlan[];
  /** The first broken step, and others of the same operation. */
  origin: AgentStep | null;
  readonly also: AgentStep[];
  /** What was said in place of an answer. */
  gaveUp: string | null;
  usedBackup: boolean;
  /** Whether a call has just been left out: the step that comes instead is to blame. */
  skipped: boolean;
  /** Things written twice, without approval or by nobody's order. */
  readonly breaches: string[];
}

function modelAt({ world, live }: Scene): ReturnType<typeof modelOf> {
  return modelOf(world.model, live?.cause === "provider_model_drift" ? "moved" : "before");
}

/** Who speaks in a model call; `lower` takes from its certainty. */
export function speakerOf(scene: Scene, lower = 0): Parameters<typeof says>[0] {
  const moved = scene.live?.cause === "provider_model_drift" ? 0.12 : 0;
  return {
    model: modelAt(scene),
    probability: probability(0.93 - moved - lower, 0.035, scene.random),
  };
}

function stepsOf(draft: Draft): AgentStep[] {
  const steps = draft.agents.at(-1)?.steps;
  if (!steps) throw new Error("no agent is at work");
  return steps;
}

/** Adds steps; the first of them is to blame where a call should have come in its place. */
export function add(draft: Draft, steps: readonly AgentStep[]): void {
  const [first] = steps;
  if (draft.skipped && first) blame(draft, first);
  draft.skipped = false;
  stepsOf(draft).push(...steps);
}

export function blame(draft: Draft, origin: AgentStep, ...also: readonly AgentStep[]): void {
  draft.origin ??= origin;
  draft.also.push(...also);
}

/** Arguments of a call, as far as the agent knows them. */
export function argumentsOf(scene: Scene, draft: Draft, stage: Stage): Record<string, unknown> {
  if (stage.kind === "search") {
    const [side] = scene.world.subjects[scene.facts.side] ?? [""];
    const { subject } = scene.facts;
    const query = scene.random.pick([subject, `rules on ${subject}`, `${side} ${subject}`]);
    return { query };
  }
  const found = stage.takes.map(({ name }) => [name, draft.known.get(name) ?? null] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== null));
}

/** A text among arguments; empty where it is none. */
export function textIn(args: Record<string, unknown>, name: string): string {
  const value = args[name];
  return typeof value === "string" ? value : "";
}

/** Whether a call carries what its tool needs, as the tool knows it. */
function isAnswerable({ facts }: Scene, stage: Stage, args: Record<string, unknown>): boolean {
  return stage.takes.every(({ name, kind }) =>
    kind === "id" ? args[name] === facts.values.get(name) : args[name] !== undefined,
  );
}

/** What a tool answers. */
export function resultOf(
  scene: Scene,
  draft: Draft,
  stage: Stage,
  args: Record<string, unknown>,
): Record<string, unknown> {
  const { facts, random } = scene;
  if (stage.kind === "search") {
    return { documents: facts.documents.map(({ id, text }) => ({ id, text })) };
  }
  if (!isAnswerable(scene, stage, args)) {
    const bad = stage.takes.find(({ name }) => args[name] !== facts.values.get(name));
    return { error: `${bad?.name ?? "request"} is not known` };
  }
  if (stage.kind === "approve") return { approved: true, by: `u-${random.int(100, 900)}` };
  if (stage.kind === "list") {
    const entries = facts.lines.map((amount, at) => ({ line: at + 1, amount }));
    return { entries, next: null };
  }
  const own = stage.gives.map(({ name }) => [name, facts.values.get(name)] as const);
  if (stage.kind === "check") return { ...Object.fromEntries(own), booked: true };
  return Object.fromEntries(own);
}

/** What an agent takes from a result: the fields that it knows by name, a list's sum, documents. */
function learnFrom(draft: Draft, stage: Stage, result: unknown): void {
  if (typeof result !== "object" || result === null) return;
  const entries: unknown = Reflect.get(result, "entries");
  if (stage.kind === "list" && Array.isArray(entries)) {
    const amounts = entries.map((entry: { readonly amount: number }) => entry.amount);
    for (const { name } of stage.gives) draft.known.set(name, round(amounts));
    return;
  }
  for (const { name } of stage.gives) {
    const value: unknown = Reflect.get(result, name);
    if (value !== undefined && value !== null) draft.known.set(name, value);
  }
}

/** The call of a tool, and its result as `change` makes it. */
export interface Called {
  readonly asked: AgentStep;
  readonly answered: AgentStep;
}

interface CallOptions {
  readonly args?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly documents?: readonly DocumentPlan[];
  readonly lower?: number;
  readonly remembers?: number;
}

/** One model call that asks for a stage's tool, and the tool's answer. */
export function callStage(
  scene: Scene,
  draft: Draft,
  stage: Stage,
  options: CallOptions = {},
): Called {
  const { world, facts, random, live } = scene;
  const args = options.args ?? argumentsOf(scene, draft, stage);
  const made = call(stage.tool, args, random);
  const asked = { ...asks(speakerOf(scene, options.lower), [made], random) };
  if (stage.kind === "search") {
    const documents = options.documents ?? facts.documents;
    const result = { documents: documents.map(({ id, text }) => ({ id, text })) };
    const version = live?.cause === "retrieval_drift" ? 8 : 7;
    const retrieval = {
      dataSource: `${world.index}-v${version}`,
      query: textIn(args, "query"),
      topK: 4,
      documents,
    };
    const answered = returns(made, result, random, { retrieval });
    draft.read.push(...documents);
    add(draft, [asked, answered]);
    return { asked, answered };
  }
  const result = options.result ?? resultOf(scene, draft, stage, args);
  const answered = returns(made, result, random);
  add(draft, [asked, answered]);
  learnFrom(draft, stage, result);
  return { asked, answered };
}

/** A call that does not come back; `why` replaces the timeout. */
export function failStage(
  scene: Scene,
  draft: Draft,
  stage: Stage,
  why?: { readonly type: string; readonly message: string },
): Called {
  const { random } = scene;
  const made: CallPlan = call(stage.tool, argumentsOf(scene, draft, stage), random);
  const asked = asks(speakerOf(scene), [made], random);
  const failed = timesOut(made, random);
  const answered = why ? { ...failed, ms: 40, thrown: why } : failed;
  add(draft, [asked, answered]);
  return { asked, answered };
}

/** A stage that goes as it should; now and then its first try times out, which means nothing. */
export function ordinary(scene: Scene, draft: Draft, stage: Stage): Called {
  if (scene.random.chance(0.02 + 0.06 * scene.oddness)) failStage(scene, draft, stage);
  if (stage.backup !== null && scene.random.chance(0.012)) return useBackup(scene, draft, stage);
  return callStage(scene, draft, stage);
}

/** The tool is down for good; its stand-in knows what it knew a day ago, which is the same. */
export function useBackup(
  scene: Scene,
  draft: Draft,
  stage: Stage,
  why?: { readonly type: string; readonly message: string },
): Called {
  const first = failStage(scene, draft, stage, why);
  failStage(scene, draft, stage, why);
  callStage(scene, draft, { ...stage, tool: stage.backup ?? stage.tool });
  draft.usedBackup = true;
  return first;
}

/** Documents on other subjects, none of which the index used to return. */
export function supersededOf({ world, facts, random }: Scene): readonly DocumentPlan[] {
  const at = 2400 + (world.subjects[facts.side]?.[1].indexOf(facts.subject) ?? 0) * 11;
  return [at, at + 5].map((number) => documentOf(world, number, 0.85, random));
}

/** An agent as telemetry knows it. */
export function agentPlan(
  scene: Scene,
  { worker, steps, question }: Draft["agents"][number],
): AgentPlan {
  const { world, live } = scene;
  const isLive = live?.cause === "prompt_regression" && world.workers[live.worker] === worker;
  const rules = isLive
    ? [...world.rules.slice(0, 2), "Be quick, friendly and brief."]
    : world.rules;
  const searches = worker.stages.some(({ kind }) => kind === "search");
  const names = [
    ...worker.stages.flatMap(({ tool, backup, takes, description }) => [
      toolSpec(tool, description, takes.length === 0 ? ["query"] : takes.map(({ name }) => name)),
      ...(backup === null ? [] : [toolSpec(backup, `Stands in for ${tool}`, ["query"])]),
    ]),
    toolSpec(world.stray, "Looks something up in the old files", ["query"]),
  ];
  return {
    name: worker.name,
    system: rules.join("\n"),
    tools: names,
    question,
    steps,
    dataSource: searches ? `${world.index}-v${live?.cause === "retrieval_drift" ? 8 : 7}` : null,
    declared: {
      confidence: null,
      taskType: scene.facts.hard ? "bundle" : "single",
    },
  };
}

/** A value that is none of this request's: what a model writes that does not know better. */
export function inventedFor(scene: Scene, name: string): unknown {
  const field = scene.world.output.find((one) => one.name === name);
  return field ? valueOf(field, scene.atMs, scene.random) : null;
}

/** The run's service version: another one since a border between agents was changed. */
export function versionOf({ live }: Scene): RunPlan["version"] {
  return live?.cause === "inter_agent_misalignment" ? "4.3.0" : "4.2.1";
}
