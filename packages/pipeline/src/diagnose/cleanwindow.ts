import { createHash } from "node:crypto";
import type { CleanWindow } from "../model/baseline.ts";
import type { RunDigest, StepDigest } from "../model/digest.ts";
import { compareText } from "./flows.ts";
import { expectationsOf } from "./expected.ts";
import type { Expectations, Payload } from "./expected.ts";
import { targetsOf } from "./handoffs.ts";
import type { Targets } from "./handoffs.ts";
import { profileOf } from "./shapes.ts";
import type { ShapeProfile } from "./shapes.ts";
import { inOneGo } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { levelOf, median } from "./stats.ts";
import { callerOf, componentOf, isCall, requestsOf, retrieves, toolOrder, viewOf } from "./view.ts";
import type { RunView } from "./view.ts";

/** A clean window with what is derived from it once: profiles of shapes, and who usually calls what. */
export interface Clean {
  readonly window: CleanWindow;
  readonly memberIds: ReadonlySet<string>;
  /** By the keys of `window.shapes`. */
  readonly profiles: ReadonlyMap<string, ShapeProfile>;
  /** Tool → the agent whose model call usually asks for it first, and which of its calls that is (from 0). */
  readonly callers: ReadonlyMap<
    string,
    { readonly agent: string | null; readonly ordinal: number }
  >;
  /** Tools that bring documents, with the share of clean runs that use them. */
  readonly retrievers: ReadonlyMap<string, number>;
  /** Chance that a document found next was never found before. */
  readonly newDocument: number;
  /** Share of clean runs in which some retriever was used. */
  readonly retrieving: number;
  /** Fields of arguments and hand-offs that the user's words make necessary. */
  readonly expectations: Expectations;
  /** By agent, to whom it hands over. */
  readonly targets: ReadonlyMap<string, Targets>;
}

/** Keys of `CleanWindow.shapes`. */
export const shapeKey = {
  result: (step: StepDigest): string => `result:${componentOf(step)}`,
  args: (step: StepDigest): string => `args:${componentOf(step)}`,
  handoff: (step: StepDigest): string => `handoff:${componentOf(step)}`,
  output: "output",
} as const;

/** Whether a model wrote it: arguments and hand-offs. */
function isWritten(key: string): boolean {
  return key.startsWith("args:") || key.startsWith("handoff:");
}

/** Shapes of one run by component. Results of failed calls are no example of anything. */
export function shapesOf(view: RunView): readonly (readonly [key: string, shape: string])[] {
  const found: (readonly [string, string])[] = [];
  for (const step of view.steps) {
    if (step.kind === "handoff") {
      if (step.argsShape !== null) found.push([shapeKey.handoff(step), step.argsShape]);
      continue;
    }
    if (!isCall(step)) continue;
    if (step.argsShape !== null) found.push([shapeKey.args(step), step.argsShape]);
    if (step.resultShape !== null && step.outcome === "ok") {
      found.push([shapeKey.result(step), step.resultShape]);
    }
  }
  if (view.run.outputShape !== null) found.push([shapeKey.output, view.run.outputShape]);
  return found;
}

/** Names of `CleanWindow.levels`. */
export const levelName = {
  confidence: (step: StepDigest): string => `confidence:${step.agent ?? ""}`,
  topScore: (step: StepDigest): string => `topScore:${componentOf(step)}`,
} as const;

function levelsOf(views: readonly RunView[]): CleanWindow["levels"] {
  const values = new Map<string, number[]>();
  const add = (name: string, value: number | null): void => {
    if (value === null) return;
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  };
  for (const view of views) {
    const { confidence } = view.run.signals;
    if (confidence.kind === "measured") add("confidence", confidence.value);
    add("steps", view.steps.length);
    add("tokens", sumTokens(view.steps));
    for (const step of view.steps) {
      if (step.kind === "llm") add(levelName.confidence(step), step.confidence);
      if (step.documents) add(levelName.topScore(step), step.documents.topScore);
    }
  }
  return new Map([...values].map(([name, list]) => [name, levelOf(list)]));
}

function sumTokens(steps: readonly StepDigest[]): number | null {
  const known = steps.flatMap(({ tokensIn, tokensOut }) =>
    tokensIn === null && tokensOut === null ? [] : [(tokensIn ?? 0) + (tokensOut ?? 0)],
  );
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
}

function toolsOf(views: readonly RunView[]): CleanWindow["tools"] {
  const tools = new Map<string, { runs: number; maxCalls: number }>();
  for (const view of views) {
    const calls = new Map<string, number>();
    for (const step of requestsOf(view)) {
      calls.set(componentOf(step), (calls.get(componentOf(step)) ?? 0) + 1);
    }
    for (const [tool, count] of calls) {
      const entry = tools.get(tool) ?? { runs: 0, maxCalls: 0 };
      tools.set(tool, { runs: entry.runs + 1, maxCalls: Math.max(entry.maxCalls, count) });
    }
  }
  return tools;
}

function ordersOf(views: readonly RunView[]): Pick<CleanWindow, "bigrams" | "after"> {
  const bigrams = new Map<string, number>();
  const after = new Set<string>();
  for (const view of views) {
    const order = toolOrder(view);
    const seen = new Set<string>();
    for (const [index, tool] of order.entries()) {
      for (const earlier of seen) after.add(`${earlier} → ${tool}`);
      seen.add(tool);
      const next = order[index + 1];
      if (next !== undefined) {
        const pair = `${tool} → ${next}`;
        bigrams.set(pair, (bigrams.get(pair) ?? 0) + 1);
      }
    }
  }
  return { bigrams, after };
}

function callersOf(views: readonly RunView[]): Clean["callers"] {
  const seen = new Map<string, { agents: Map<string, number>; ordinals: number[] }>();
  for (const view of views) {
    const done = new Set<string>();
    for (const step of requestsOf(view)) {
      const tool = componentOf(step);
      const caller = done.has(tool) ? undefined : callerOf(view, step);
      if (!caller) continue;
      done.add(tool);
      const entry = seen.get(tool) ?? { agents: new Map<string, number>(), ordinals: [] };
      const agent = JSON.stringify(caller.agent);
      entry.agents.set(agent, (entry.agents.get(agent) ?? 0) + 1);
      const own = view.calls.filter((call) => call.agent === caller.agent);
      entry.ordinals.push(own.findIndex((call) => call.seq === caller.seq));
      seen.set(tool, entry);
    }
  }
  return new Map(
    [...seen].map(([tool, { agents, ordinals }]) => {
      const most = [...agents].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0];
      const agent: unknown = most ? JSON.parse(most[0]) : null;
      return [
        tool,
        { agent: typeof agent === "string" ? agent : null, ordinal: median(ordinals) ?? 0 },
      ];
    }),
  );
}

function retrieversOf(views: readonly RunView[]): Pick<Clean, "retrievers" | "retrieving"> {
  const runs = new Map<string, number>();
  let some = 0;
  for (const view of views) {
    const names = new Set(view.steps.filter(retrieves).map(componentOf));
    if (names.size > 0) some += 1;
    for (const name of names) runs.set(name, (runs.get(name) ?? 0) + 1);
  }
  const of = Math.max(1, views.length);
  return {
    retrievers: new Map([...runs].map(([name, count]) => [name, count / of])),
    retrieving: some / of,
  };
}

/** `CW-` and the first 8 hex characters of the sha256 of its runs' ids. */
function windowId(runs: readonly RunDigest[]): string {
  const hash = createHash("sha256");
  for (const id of runs.map((run) => run.id).toSorted(compareText)) hash.update(id);
  return `CW-${hash.digest("hex").slice(0, 8)}`;
}

/**
 * What normal runs look like: tools, their order, shapes of arguments, results, hand-offs and outputs, documents, levels. Runs are to be
 * such that no rule fails them. Rates of deviations are empty until `withRates` fills them.
 *
 * @param runs  unfailed runs of a frozen reference; of none, everything is empty
 */
export function cleanWindowOf(runs: readonly RunDigest[]): Clean {
  return inOneGo(cleanWindowInSlices(runs));
}

/** `cleanWindowOf`, slice by slice. */
export function* cleanWindowInSlices(runs: readonly RunDigest[]): Slices<Clean> {
  const views = runs.map(viewOf);
  const shapes = new Map<string, Map<string, number>>();
  const documents = new Map<string, number>();
  const payloads: Payload[] = [];
  for (const view of views) {
    for (const [key, shape] of shapesOf(view)) {
      if (isWritten(key)) payloads.push({ view, key, shape });
      const counts = shapes.get(key) ?? new Map<string, number>();
      shapes.set(key, counts.set(shape, (counts.get(shape) ?? 0) + 1));
    }
    for (const step of view.steps)
      for (const id of step.documents?.ids ?? []) documents.set(id, (documents.get(id) ?? 0) + 1);
  }
  yield "window";
  const profiles = new Map([...shapes].map(([key, counts]) => [key, profileOf(counts)]));
  yield "window";
  const expectations = yield* expectationsOf(payloads, profiles);
  const orders = ordersOf(views);
  yield "window";
  const callers = callersOf(views);
  yield "window";
  const targets = targetsOf(views);
  yield "window";
  return {
    window: {
      id: windowId(runs),
      runs: runs.length,
      runIds: runs.map((run) => run.id),
      tools: toolsOf(views),
      ...orders,
      shapes,
      documentIds: new Set(documents.keys()),
      levels: levelsOf(views),
      rates: new Map(),
    },
    memberIds: new Set(runs.map((run) => run.id)),
    profiles,
    newDocument: noveltyOfDocuments(documents),
    expectations,
    targets,
    callers,
    ...retrieversOf(views),
  };
}

/** Good's estimate: documents found exactly once are as frequent as those never found. */
function noveltyOfDocuments(documents: ReadonlyMap<string, number>): number {
  let [once, all] = [0, 0];
  for (const count of documents.values()) {
    all += count;
    if (count === 1) once += 1;
  }
  return all > 0 ? once / all : 1;
}

/** The same window with the share of its runs that show each deviation. */
export function withRates(clean: Clean, rates: CleanWindow["rates"]): Clean {
  return { ...clean, window: { ...clean.window, rates } };
}
