import type { Deviation } from "../model/deviation.ts";
import type { CauseRow } from "../model/causes.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { Signature } from "../model/cluster.ts";
import type { ChangeKind } from "../model/change.ts";
import type { FailureReason } from "../model/signal.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Versioned } from "./evidence.ts";
import type { Fit, Onset } from "./fit.ts";
import { compareText } from "./flows.ts";
import type { Flow } from "./flows.ts";
import { valuesFell } from "./stats.ts";
import type { Share } from "./stats.ts";
import type { WeighedFit } from "./terms.ts";
import { isCall, retrieves } from "./view.ts";
import type { RunView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** A member of a cluster with what was found in it. */
export interface Member {
  readonly entry: Versioned;
  readonly view: RunView;
  readonly deviations: readonly Deviation[];
  readonly primary: Deviation | undefined;
  /** Not failed: an open drift counts it as bad. */
  readonly affected: boolean;
  /** The kind of step that is accused, and whether it brings documents. */
  readonly originKind: "llm" | "tool" | "retrieval" | "other" | null;
}

/** Everything that the checks of the lookup table ask about. */
export interface Facts {
  readonly flow: Flow;
  readonly signature: Signature;
  readonly members: readonly Member[];
  readonly clean: Clean | null;
  /** Runs of the clean window, and unfailed runs since the onset. */
  readonly cleanRuns: readonly Versioned[];
  readonly since: readonly Versioned[];
  readonly onset: Onset | null;
  /** Best first. */
  readonly fits: readonly Fit[];
  readonly ruledOut: readonly Fit[];
  /** The same changes, fitting or not, with their terms; likeliest first. */
  readonly weighed: readonly WeighedFit[];
  /** The lookup table: standard rows, then the user's. */
  readonly rows: readonly CauseRow[];
  /** What persons found in this cluster, by time. */
  readonly results: readonly CheckResult[];
  /** Whether told changes were handed over at all: absence of news is no absence of change. */
  readonly toldAny: boolean;
  /** Of members against clean runs, and against other runs of the same time. */
  readonly confidence: Movement;
  readonly confidenceBeside: Movement;
  readonly taskType: TaskFocus | null;
  /** Workflows with the same primary deviation that began in the same interval. */
  readonly alike: readonly string[];
}

/** How a graded reading of members compares with clean runs. */
export interface Movement {
  readonly result: "fell" | "stable" | "absent";
  readonly text: string;
}

/** The one task type in which members stand, against their share in the others. */
export interface TaskFocus {
  readonly name: string;
  readonly members: Share;
  /** Of the runs of this type, and of all others, since the onset: how many are members. */
  readonly inside: Share;
  readonly outside: Share;
  readonly cleanRuns: number;
}

/** Share of members of which something holds. */
export function shareWhere(facts: Facts, holds: (member: Member) => boolean): Share {
  return { count: facts.members.filter(holds).length, of: facts.members.length };
}

/** "11 of 12 members". */
export function ofMembers({ count, of }: Share): string {
  return `${count} of ${of} members`;
}

/** Whether at least `policy.commonShare` hold. */
export function isCommon({ count, of }: Share): boolean {
  return of > 0 && count / of >= policy("commonShare");
}

/** Share of members that fail for a reason. */
export function failing(facts: Facts, reason: FailureReason): Share {
  return shareWhere(facts, ({ entry }) => entry.run.failed.includes(reason));
}

/** The change of some kinds that most speaks for, among those that fit. */
export function fitOfKind(facts: Facts, kinds: readonly ChangeKind[]): Fit | undefined {
  return weighedOfKind(facts, kinds)?.fit;
}

/** The same with its terms. */
export function weighedOfKind(facts: Facts, kinds: readonly ChangeKind[]): WeighedFit | undefined {
  return facts.weighed.find(({ fit }) => fit.verdict === "fits" && kinds.includes(fit.change.kind));
}

/** What kind of step a deviation accuses. */
export function originKindOf(view: RunView, seq: number): Member["originKind"] {
  const step = view.bySeq.get(seq);
  if (!step) return null;
  if (step.kind === "llm") return "llm";
  if (retrieves(step)) return "retrieval";
  return isCall(step) ? "tool" : "other";
}

/** Confidence of members against that of other runs: Mann–Whitney, as in the detector of drift. */
export function confidenceOf(
  members: readonly Versioned[],
  others: readonly Versioned[],
  words: string,
): Movement {
  const values = (runs: readonly Versioned[]): readonly number[] =>
    runs.flatMap(({ run: { signals } }) =>
      signals.confidence.kind === "measured" ? [signals.confidence.value] : [],
    );
  const now = values(members);
  const few = policy("clusterShownFrom");
  const before = now.length < few ? [] : values(others);
  if (now.length < few || before.length < policy("shapeSamples")) {
    return {
      result: "absent",
      text: `confidence was read in ${now.length} of ${members.length} members`,
    };
  }
  const { p, delta } = valuesFell(before, now);
  const mean = (list: readonly number[]): string =>
    (list.reduce((sum, value) => sum + value, 0) / list.length).toFixed(2);
  const fell = p <= policy("movementAlpha") && delta <= -policy("valuesMinDelta");
  return {
    result: fell ? "fell" : "stable",
    text: `confidence ${mean(before)} in ${before.length} ${words}, ${mean(now)} in ${now.length} members`,
  };
}

/** Ways to name the kind of task of a run: its declared type, and the words of its input. */
export function kindsOf({ run }: Versioned): ReadonlySet<string> {
  const words = [...wordsOf(run)].map((word) => `input says "${word}"`);
  return new Set(run.taskType === null ? words : [run.taskType, ...words]);
}

/** A way to name the kind of task of runs: a declared type, or a word of their input. */
interface Kind {
  readonly name: string;
  readonly taskType: string | null;
  readonly word: string | null;
}

/** Ways to name the kind of task that are common to these runs. */
function commonKinds(members: readonly Versioned[]): readonly Kind[] {
  const types = new Map<string, number>();
  const words = new Map<string, number>();
  for (const { run } of members) {
    if (run.taskType !== null) types.set(run.taskType, (types.get(run.taskType) ?? 0) + 1);
    for (const word of wordsOf(run)) words.set(word, (words.get(word) ?? 0) + 1);
  }
  const common = (counts: ReadonlyMap<string, number>): readonly string[] =>
    [...counts].flatMap(([name, count]) =>
      isCommon({ count, of: members.length }) && name !== "" ? [name] : [],
    );
  return [
    ...common(types).map((name): Kind => ({ name, taskType: name, word: null })),
    ...common(words).map((word): Kind => ({ name: `input says "${word}"`, taskType: null, word })),
  ];
}

/** How many of some runs are of each kind: all kinds in one pass. */
function countKinds(runs: readonly Versioned[], kinds: readonly Kind[]): ReadonlyMap<Kind, number> {
  const counts = new Map(kinds.map((kind) => [kind, 0]));
  for (const { run } of runs) {
    const words = wordsOf(run);
    for (const kind of kinds) {
      const holds = kind.word === null ? run.taskType === kind.taskType : words.has(kind.word);
      if (holds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * The kind of task in which members stand: a declared task type, else a word of the input that nearly all of them share, chosen by
 * how much more often its runs are members than the others. Null where no kind is common to them, or all runs are of it.
 */
export function taskFocusOf(
  members: readonly Versioned[],
  since: readonly Versioned[],
  clean: readonly Versioned[],
): TaskFocus | null {
  if (members.length < policy("clusterShownFrom")) return null;
  const kinds = commonKinds(members);
  if (kinds.length === 0) return null;
  const ids = new Set(members.map(({ run }) => run.id));
  const total = since.filter(({ run }) => ids.has(run.id)).length;
  const [inMembers, inSince] = [countKinds(members, kinds), countKinds(since, kinds)];
  const inClean = countKinds(clean, kinds);
  const found = kinds
    .map((kind): TaskFocus => {
      const count = inMembers.get(kind) ?? 0;
      const inside = inSince.get(kind) ?? 0;
      return {
        name: kind.name,
        members: { count, of: members.length },
        inside: { count, of: inside },
        outside: { count: Math.max(0, total - count), of: since.length - inside },
        cleanRuns: inClean.get(kind) ?? 0,
      };
    })
    .filter(({ outside }) => outside.of >= policy("changeRuns"));
  return found.toSorted((a, b) => liftOf(b) - liftOf(a) || compareText(a.name, b.name))[0] ?? null;
}

/** How much more often runs of this kind are members than the others. */
export function liftOf({ inside, outside }: TaskFocus): number {
  return inside.count / Math.max(1, inside.of) / ((outside.count + 0.5) / (outside.of + 1));
}
