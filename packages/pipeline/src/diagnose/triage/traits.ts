import type { RunDigest, StepDigest } from "../../model/digest.ts";
import { policy } from "../../model/policy.ts";
import { isFailed } from "../../model/run.ts";
import type { Clean } from "../cleanwindow.ts";
import { deviationsOf } from "../deviations.ts";
import { componentOf, isCall, requestsOf, toolOrder, viewOf } from "../view.ts";
import type { RunView } from "../view.ts";

/** One number of a run by which triage compares it with the other runs of its workflow: the more, the stranger. */
interface Row {
  readonly needsWindow: boolean;
  readonly of: (view: RunView, clean: Clean | null) => number;
  /** What a person reads: `12 user turns`. */
  readonly one: string;
  readonly many: string;
}

function repeats(steps: readonly StepDigest[]): number {
  const seen = new Set<string>();
  let count = 0;
  for (const step of steps) {
    if (step.argsHash === null) continue;
    const key = `${componentOf(step)} ${step.argsHash}`;
    if (seen.has(key)) count += 1;
    seen.add(key);
  }
  return count;
}

/** Calls in an order that no clean run shows: right after one that they never follow, or after any that they never come after. */
function strangeCalls(view: RunView, clean: Clean | null): number {
  if (clean === null) return 0;
  const { bigrams, after } = clean.window;
  const order = toolOrder(view);
  let count = 0;
  for (const [index, tool] of order.entries()) {
    const before = order[index - 1];
    if (before === undefined) continue;
    if (!bigrams.has(`${before} → ${tool}`)) count += 1;
    const isNew = order
      .slice(0, index)
      .some((earlier) => earlier !== tool && !after.has(`${earlier} → ${tool}`));
    if (isNew) count += 1;
  }
  return count;
}

/** What confidence lacks to certainty, in percent; 0 where none was measured. */
function doubtOf({ signals: { confidence } }: RunDigest): number {
  return confidence.kind === "measured" ? Math.round(100 * (1 - confidence.value)) : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const steps = (view: RunView): readonly StepDigest[] =>
  view.steps.filter(({ kind }) => kind !== "agent" && kind !== "app");

/**
 * What triage counts. Source: diagnosis.md B5.4; how much users and agents said is ours: on both labelled sets it tells more than the
 * number of messages alone.
 */
export const traits = {
  messages: {
    needsWindow: false,
    of: (view) => steps(view).length + (view.run.conversation?.userTurns ?? 1),
    one: "message",
    many: "messages",
  },
  userTurns: {
    needsWindow: false,
    of: ({ run }) => run.conversation?.userTurns ?? 1,
    one: "user turn",
    many: "user turns",
  },
  userWords: {
    needsWindow: false,
    of: ({ run }) => run.conversation?.userWords ?? 0,
    one: "word by the user",
    many: "words by the user",
  },
  replyWords: {
    needsWindow: false,
    of: ({ run }) => run.conversation?.replyWords ?? 0,
    one: "word in replies",
    many: "words in replies",
  },
  writes: {
    needsWindow: false,
    of: ({ run }) => run.conversation?.writes ?? 0,
    one: "state-changing call",
    many: "state-changing calls",
  },
  toolErrors: {
    needsWindow: false,
    of: (view) => view.steps.filter((step) => isCall(step) && isFailed(step)).length,
    one: "failed call",
    many: "failed calls",
  },
  repeats: {
    needsWindow: false,
    of: (view) => repeats(requestsOf(view)),
    one: "identical repetition of a call",
    many: "identical repetitions of calls",
  },
  unsupportedArgs: {
    needsWindow: false,
    of: (view) => sum(view.steps.map((step) => step.unsupportedArgs.length)),
    one: "argument that nothing supports",
    many: "arguments that nothing supports",
  },
  unconfirmedWrites: {
    needsWindow: false,
    of: ({ run }) => run.conversation?.unconfirmedWrites ?? 0,
    one: "state-changing call without a yes",
    many: "state-changing calls without a yes",
  },
  doubt: {
    needsWindow: false,
    of: ({ run }) => doubtOf(run),
    one: "% of doubt about which tool to call",
    many: "% of doubt about which tool to call",
  },
  deviations: {
    needsWindow: true,
    of: (view, clean) =>
      clean === null || clean.window.runs < policy("triageCleanRuns")
        ? 0
        : deviationsOf(view, clean).length,
    one: "way in which it is unlike clean runs",
    many: "ways in which it is unlike clean runs",
  },
  strangeOrder: {
    needsWindow: true,
    of: strangeCalls,
    one: "call in an order that no clean run shows",
    many: "calls in an order that no clean run shows",
  },
  unsupportedNumbers: {
    needsWindow: false,
    of: ({ run }) => (run.conversation?.unsupportedNumbers ?? 0) + run.unsupported.length,
    one: "number or id told that nothing supports",
    many: "numbers or ids told that nothing supports",
  },
} as const satisfies Readonly<Record<string, Row>>;

export type Trait = keyof typeof traits;

function isTrait(name: string): name is Trait {
  return Object.hasOwn(traits, name);
}

/** Every trait there is, in a fixed order. */
export const traitNames: readonly Trait[] = Object.keys(traits).filter(isTrait);

/** Traits that say something where there is, or is not, a clean window. */
export function usedTraits(hasWindow: boolean): readonly Trait[] {
  return traitNames.filter((name) => hasWindow || !traits[name].needsWindow);
}

/** A run's traits as counts; those that compare with clean runs are 0 without a window. */
export function traitsOf(run: RunDigest, clean: Clean | null): Readonly<Record<Trait, number>> {
  const view = viewOf(run);
  const rows: Readonly<Record<Trait, Row>> = traits;
  const count = (name: Trait): number => rows[name].of(view, clean);
  return {
    messages: count("messages"),
    userTurns: count("userTurns"),
    userWords: count("userWords"),
    replyWords: count("replyWords"),
    writes: count("writes"),
    toolErrors: count("toolErrors"),
    repeats: count("repeats"),
    unsupportedArgs: count("unsupportedArgs"),
    unconfirmedWrites: count("unconfirmedWrites"),
    doubt: count("doubt"),
    deviations: count("deviations"),
    strangeOrder: count("strangeOrder"),
    unsupportedNumbers: count("unsupportedNumbers"),
  };
}

/** A trait in words: `1 failed call`, `12 user turns`. */
export function traitText(name: Trait, count: number): string {
  return `${count} ${count === 1 ? traits[name].one : traits[name].many}`;
}
