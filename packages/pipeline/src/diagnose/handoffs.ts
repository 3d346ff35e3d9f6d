import type { StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Finding } from "./finding.ts";
import { compareText } from "./flows.ts";
import { callerOf, componentOf } from "./view.ts";
import type { RunView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** To whom one agent hands over in clean runs. */
export interface Targets {
  /** Hand-overs by target. */
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
  /** Whether most of them are calls of a tool. */
  readonly byTool: boolean;
  /** Words of the input after which its first hand-over goes to one target, each with how often that was seen. */
  readonly words: ReadonlyMap<string, { readonly target: string; readonly seen: number }>;
}

interface Counting {
  readonly counts: Map<string, number>;
  readonly first: Map<string, number>;
  readonly byWord: Map<string, Map<string, number>>;
  total: number;
  tools: number;
}

function add<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** By agent that hands over; empty text where it has no name. */
export function targetsOf(views: readonly RunView[]): ReadonlyMap<string, Targets> {
  const found = new Map<string, Counting>();
  for (const view of views) {
    const done = new Set<string>();
    for (const step of view.steps) {
      if (step.kind !== "handoff") continue;
      const from = step.agent ?? "";
      const target = componentOf(step);
      const own = found.get(from) ?? {
        counts: new Map(),
        first: new Map(),
        byWord: new Map(),
        total: 0,
        tools: 0,
      };
      found.set(from, own);
      own.total += 1;
      if (step.tool !== null) own.tools += 1;
      add(own.counts, target);
      if (done.has(from)) continue;
      done.add(from);
      add(own.first, target);
      for (const word of wordsOf(view.run)) {
        const targets = own.byWord.get(word) ?? new Map<string, number>();
        own.byWord.set(word, targets);
        add(targets, target);
      }
    }
  }
  return new Map(
    [...found].map(([from, own]) => [
      from,
      {
        counts: own.counts,
        total: own.total,
        byTool: own.tools * 2 > own.total,
        words: certainWords(own),
      },
    ]),
  );
}

/** Words with one target, hardly ever another, so often that chance would not do so. Source: `policy.expectationAlpha`, as for fields. */
function certainWords({ first, byWord }: Counting): Targets["words"] {
  const runs = [...first.values()].reduce((sum, count) => sum + count, 0);
  const words = new Map<string, { target: string; seen: number }>();
  for (const [word, targets] of byWord) {
    const [most] = [...targets].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
    const all = [...targets.values()].reduce((sum, count) => sum + count, 0);
    if (!most || most[1] / all < policy("sureStepShare")) continue;
    const [target, seen] = most;
    const share = (first.get(target) ?? 0) / runs;
    if (share ** seen <= policy("expectationAlpha")) words.set(word, { target, seen });
  }
  return words;
}

/** Hand-overs to somebody to whom clean runs never hand over from there, or never for what the input says. */
export function strangeTargets(view: RunView, clean: Clean): readonly Finding[] {
  const done = new Set<string>();
  return view.steps.flatMap((step) => {
    if (step.kind !== "handoff") return [];
    const from = step.agent ?? "";
    const usual = clean.targets.get(from);
    const isFirst = !done.has(from);
    done.add(from);
    if (!usual || usual.total < policy("shapeSamples")) return [];
    const target = componentOf(step);
    const at = callerOf(view, step) ?? step;
    const base = { at, tool: step.tool, component: step.agent ?? target };
    if (!usual.counts.has(target)) {
      if (isUnclear(step, usual)) return [];
      const expected = [...usual.counts.keys()].toSorted(compareText).join(" or ");
      return [{ ...base, expected, seen: `handed over to ${target}, as in no clean run` }];
    }
    const said = isFirst ? otherTarget(view, usual, target) : undefined;
    if (!said) return [];
    const seen = `handed over to ${target}, although the input says "${said.word}": ${said.seen} clean runs that say so went to ${said.target}`;
    return [{ ...base, expected: said.target, seen }];
  });
}

/** Whether the name may be a known one that was cut short, or the hand-over was seen in another way than in clean runs. */
function isUnclear({ tool, name }: StepDigest, { counts, byTool }: Targets): boolean {
  const own = tool ?? name;
  return [...counts.keys()].some((known) => known.startsWith(own)) || (tool !== null) !== byTool;
}

function otherTarget(
  view: RunView,
  { words }: Targets,
  target: string,
): { readonly word: string; readonly target: string; readonly seen: number } | undefined {
  const certain = [...wordsOf(view.run)].flatMap((word) => {
    const told = words.get(word);
    return told ? [{ word, ...told }] : [];
  });
  // Words that disagree decide nothing.
  if (certain.some((one) => one.target === target)) return undefined;
  return certain.toSorted((a, b) => b.seen - a.seen || compareText(a.word, b.word))[0];
}
