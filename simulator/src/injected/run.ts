import { citation } from "../names.ts";
import type { AgentStep, ModelStep, RunPlan } from "../plan.ts";
import { asks, call, returns, says } from "../workflows/moment.ts";
import { runStage } from "./acts.ts";
import { factsOf } from "./facts.ts";
import type { Injection } from "./kinds.ts";
import {
  add,
  agentPlan,
  blame,
  inventedFor,
  speakerOf,
  supersededOf,
  versionOf,
  type Draft,
  type Scene,
} from "./script.ts";
import type { Worker, World } from "./world.ts";

/** A run as it was planned, with what is true of it. */
export interface InjectedPlan {
  readonly plan: RunPlan;
  /** null in an ordinary run. */
  readonly injection: Injection | null;
  readonly failed: boolean;
  readonly origin: AgentStep | null;
  readonly also: readonly AgentStep[];
}

export interface RunRequest {
  readonly world: World;
  readonly atMs: number;
  readonly random: Scene["random"];
  readonly live: Injection | null;
  readonly touched: boolean;
  readonly oddness: number;
}

/** One run of a world: every agent does its stages and hands over, the last one answers, the application takes the answer in. */
export function injectedRun(request: RunRequest): InjectedPlan {
  const { world, atMs, random, live, oddness } = request;
  const boundary = live?.type === "beyond_model";
  const facts = factsOf(world, atMs, random, boundary ? 0.5 : 0.02);
  const touched = boundary ? facts.hard : request.touched;
  const scene: Scene = {
    world,
    facts,
    atMs,
    random,
    injection: touched ? live : null,
    live,
    oddness,
  };
  const draft: Draft = {
    agents: [],
    known: new Map([[world.record.name, facts.values.get(world.record.name)]]),
    read: [],
    origin: null,
    also: [],
    gaveUp: null,
    usedBackup: false,
    skipped: false,
    breaches: [],
  };
  const question = questionOf(scene);
  for (const [at, worker] of workersIn(scene).entries()) {
    if (draft.gaveUp !== null) break;
    work(scene, draft, { worker, at, question });
  }
  const answer = draft.gaveUp === null ? finish(scene, draft) : null;
  return { ...taken(scene, draft, answer, question), injection: scene.injection };
}

function questionOf({ world, facts, random }: Scene): string {
  const [side] = world.subjects[facts.side] ?? [""];
  const reference = String(facts.values.get(world.record.name));
  return random.pick([
    `Please handle ${reference}: ${side} case about ${facts.subject}.`,
    `${reference}, ${side}, ${facts.subject}: what has to be done?`,
    `A ${side} client writes about ${facts.subject}, see ${reference}.`,
  ]);
}

/** Who works on it: the second agent of a relay is that of the kind of case, unless the first one errs. */
function workersIn({ world, facts, injection }: Scene): readonly Worker[] {
  if (world.other === null) return world.workers;
  const second = facts.side === 1 ? world.other : world.workers[1];
  const wrong = facts.side === 1 ? world.workers[1] : world.other;
  const chosen = injection?.type === "wrong_agent" ? wrong : second;
  return [world.workers[0], chosen, world.workers[2]].filter((one) => one !== undefined);
}

interface Turn {
  readonly worker: Worker;
  readonly at: number;
  readonly question: string;
}

function work(scene: Scene, draft: Draft, { worker, at, question }: Turn): void {
  const { injection, random, oddness } = scene;
  const asked = at === 0 ? question : JSON.stringify(Object.fromEntries(draft.known));
  draft.agents.push({ worker, steps: [], question: asked });
  for (const [index, stage] of worker.stages.entries()) {
    const isHere = injection?.worker === at && injection.stage === index;
    if (!isHere && !random.chance(stage.share)) continue;
    if (oddness > 0 && random.chance(0.03 * oddness)) lookAside(scene, draft);
    runStage(scene, draft, stage, isHere);
    if (isHere && injection.type === "confirmation_missing") draft.breaches.push("not approved");
    if (draft.gaveUp !== null) return;
  }
  const last = at === workersIn(scene).length - 1;
  if (!last) passOn(scene, draft, { worker, at });
}

/** A harmless look into the old files. */
function lookAside(scene: Scene, draft: Draft): void {
  const { world, facts, random } = scene;
  const made = call(world.stray, { query: facts.subject }, random);
  add(draft, [
    asks(speakerOf(scene), [made], random),
    returns(made, random.chance(0.5) ? { matches: [] } : { error: "nothing on file" }, random),
  ]);
}

/** Hands the case over with what the next agent needs. */
function passOn(
  scene: Scene,
  draft: Draft,
  { worker, at }: { readonly worker: Worker; readonly at: number },
): void {
  const { injection, random } = scene;
  const next = workersIn(scene)[at + 1];
  if (!next) return;
  const here = injection?.worker === at && injection.stage === null ? injection : null;
  if (here?.type === "ping_pong") backAndForth(scene, draft, worker);
  const payload = new Map(
    worker.passes.flatMap(({ name }) =>
      draft.known.has(name) ? [[name, draft.known.get(name)] as const] : [],
    ),
  );
  const field = here?.field ?? "";
  if (here?.type === "handoff_field_lost") payload.delete(field);
  if (here?.type === "handoff_format") payload.set(field, { ref: draft.known.get(field) });
  const made = call(`transfer_to_${next.name}`, Object.fromEntries(payload), random);
  const asked = asks(speakerOf(scene), [made], random);
  const moved = returns(made, null, random, { handoffTo: next.name });
  add(draft, [asked, moved]);
  const isBlamed =
    here?.type === "handoff_field_lost" ||
    here?.type === "handoff_format" ||
    here?.type === "wrong_agent";
  if (isBlamed) blame(draft, asked, moved);
  if (here?.type === "wrong_agent") draft.breaches.push("handled by the wrong desk");
  draft.known = payload;
}

/** The case goes back to the first agent and comes again, twice. */
function backAndForth(scene: Scene, draft: Draft, worker: Worker): void {
  const { world, random } = scene;
  const [first] = world.workers;
  if (!first) return;
  const hand = (to: Worker): readonly AgentStep[] => {
    const made = call(`transfer_to_${to.name}`, Object.fromEntries(draft.known), random);
    return [
      asks(speakerOf(scene, 0.1), [made], random),
      returns(made, null, random, { handoffTo: to.name }),
    ];
  };
  const question = draft.agents.at(-1)?.question ?? "";
  for (let turn = 0; turn < 3; turn += 1) {
    const back = hand(first);
    add(draft, back);
    if (turn === 0 && back[0] && back[1]) blame(draft, back[0], back[1]);
    draft.agents.push({ worker: first, steps: [], question });
    add(draft, hand(worker));
    draft.agents.push({ worker, steps: [], question });
  }
  draft.breaches.push("took too many turns");
}

interface Answer {
  readonly values: ReadonlyMap<string, unknown>;
  readonly cited: readonly string[];
}

/** The last agent's answer: what it knows of the fields that are wanted, and the document that it relies on. */
function finish(scene: Scene, draft: Draft): Answer {
  const { world, facts, injection, random } = scene;
  const values = new Map<string, unknown>(
    world.output.map(({ name }) => [name, draft.known.get(name) ?? null]),
  );
  const fault = injection?.stage === null ? injection : null;
  const own = fault?.field ?? world.output.at(-1)?.name ?? "";
  if (fault?.type === "output_field_dropped") values.delete(own);
  if (fault?.type === "beyond_model") values.set(own, inventedFor(scene, own));
  if (fault?.type === "context_lost") {
    for (const { name } of world.output.slice(0, 2)) values.set(name, inventedFor(scene, name));
  }
  // Without anything read, the model cites what it remembers; a document that is there is used.
  const [best] = draft.read;
  const remembered = facts.documents[0];
  const invented = fault?.type === "citation_invented" ? supersededOf(scene)[1] : undefined;
  const source = invented ?? best ?? remembered;
  const cited = world.cites && source ? [source.id] : [];
  const text = textOf(scene, values, cited);
  const cut = fault?.type === "output_cut";
  const written = cut ? text.slice(0, Math.floor(text.length * 0.4)) : text;
  const said: ModelStep = {
    ...says(speakerOf(scene, fault?.type === "beyond_model" ? 0.4 : 0), written, random),
    ...(cut ? { finish: "length" as const } : {}),
    ...(fault?.type === "context_lost" ? { remembers: 1 } : {}),
  };
  add(draft, [said]);
  const atOutput: readonly string[] = [
    "output_field_dropped",
    "beyond_model",
    "context_lost",
    "citation_invented",
    "output_cut",
  ];
  if (fault && atOutput.includes(fault.type)) blame(draft, said);
  if (cut) return { values: new Map(), cited: [] };
  return { values, cited };
}

function textOf(
  { world, facts }: Scene,
  values: ReadonlyMap<string, unknown>,
  cited: readonly string[],
): string {
  if (world.kind !== "answers") {
    const sources = world.cites ? { sources: cited } : {};
    return JSON.stringify({ ...Object.fromEntries(values), ...sources });
  }
  const told = [...values].map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`);
  return `On ${facts.subject}, ${told.join(", ")}. ${citation(world.documents, cited)}`.trim();
}

/** The application's check, and the finished plan. */
function taken(
  scene: Scene,
  draft: Draft,
  answer: Answer | null,
  question: string,
): Omit<InjectedPlan, "injection"> {
  const { world, random, atMs } = scene;
  const problems = answer === null ? ["no answer"] : problemsOf(scene, draft, answer);
  const retrieved = draft.read.map(({ id }) => id);
  const ungrounded = (answer?.cited ?? []).some((id) => !retrieved.includes(id));
  const input = answer
    ? { ...Object.fromEntries(answer.values), sources: answer.cited }
    : { text: draft.gaveUp };
  const plan: RunPlan = {
    traceId: random.hex(16),
    workflow: world.workflow,
    service: world.service,
    version: versionOf(scene),
    environment: "production",
    session: `s-${random.hex(5)}`,
    user: `u-${random.int(100, 900)}`,
    startMs: atMs,
    question,
    agents: draft.agents.map((agent) => agentPlan(scene, agent)),
    intake: {
      name: world.intake.name,
      ms: 3 + random.next() * 12,
      input,
      output: { [world.intake.flag]: problems.length === 0, [world.intake.list]: problems },
    },
    touchedBy: null,
  };
  return {
    plan,
    failed: problems.length > 0 || ungrounded || draft.usedBackup,
    origin: draft.origin,
    also: draft.also,
  };
}

/** What a strict consumer finds: fields that are missing, or that are not what its own books hold, and sources that no longer count. */
function problemsOf({ world, facts }: Scene, draft: Draft, answer: Answer): readonly string[] {
  const wrong = world.output.flatMap(({ name }) => {
    const value = answer.values.get(name) ?? null;
    if (value === null) return [`${name} missing`];
    return value === facts.values.get(name) ? [] : [`${name} differs`];
  });
  const current = facts.documents.map(({ id }) => id);
  const sources =
    !world.cites || answer.cited.some((id) => current.includes(id)) ? [] : ["source superseded"];
  return [...wrong, ...sources, ...draft.breaches];
}
