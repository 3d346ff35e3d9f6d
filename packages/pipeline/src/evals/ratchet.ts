import { severities } from "../model/evalfields.ts";
import type { Closure } from "../model/closure.ts";
import type { EvalCase } from "../model/evalcase.ts";
import { isDeepStrictEqual } from "./equal.ts";
import { nameOf } from "./grade.ts";

/** A case with its file and the texts of its recordings by file name, at one commit. */
export interface StoredCase {
  readonly evalCase: EvalCase;
  readonly file: string;
  readonly recordings: ReadonlyMap<string, string>;
}

/** What decides how a case is tried: a change of any of them can make a red case green. */
const decisive = [
  "agent",
  "workflow",
  "task_type",
  "recognize",
  "input",
  "environment",
  "grader",
  "judge",
  "known_bad",
] as const satisfies readonly (keyof EvalCase)[];

/**
 * How the cases were weakened since the merge base: a case that vanished, or one whose severity, status, assertions, trials, input,
 * environment or recordings changed without a new entry in its `history`. A retired case needs a closure (`retire_case`) as well.
 *
 * @param unreadable  ids of cases whose file stands but no longer parses: they are reported as that, not as vanished
 * @returns a sentence each, beginning with the file; empty where nothing was weakened
 * @source evals.md 3.4
 */
export function weakenings(
  before: readonly StoredCase[],
  now: readonly StoredCase[],
  closures: readonly Closure[],
  unreadable: ReadonlySet<string>,
): readonly string[] {
  const byId = new Map(now.map((stored) => [stored.evalCase.id, stored]));
  return before.flatMap((stored) => {
    const { id, status } = stored.evalCase;
    const same = byId.get(id);
    if (!same) {
      const help = "cases are never deleted: set status: retired and write a closure";
      return unreadable.has(id) ? [] : [`${stored.file}: ${id} was deleted; ${help}`];
    }
    const isRetired = same.evalCase.status === "retired" && status !== "retired";
    const closed = closures.some(
      (closure) => closure.decision === "retire_case" && closure.case === id,
    );
    const unclosed =
      isRetired && !closed
        ? [`${same.file}: ${id} is retired without a closure (decision: retire_case, case: ${id})`]
        : [];
    const changes = hasNewHistory(stored.evalCase, same.evalCase) ? [] : changesOf(stored, same);
    return [
      ...unclosed,
      ...changes.map((change) => `${same.file}: ${id} ${change} without a history entry`),
    ];
  });
}

/** History only grows: what was written stays, and something was added. */
function hasNewHistory(before: EvalCase, now: EvalCase): boolean {
  const old = before.history ?? [];
  const young = now.history ?? [];
  return young.length > old.length && isDeepStrictEqual(young.slice(0, old.length), old);
}

function changesOf(before: StoredCase, now: StoredCase): readonly string[] {
  return [
    ...severityChange(before.evalCase, now.evalCase),
    ...statusChange(before.evalCase, now.evalCase),
    ...assertionChanges(before.evalCase, now.evalCase),
    ...trialsChange(before.evalCase, now.evalCase),
    ...decisive
      .filter((key) => !isDeepStrictEqual(before.evalCase[key], now.evalCase[key]))
      .map((key) => `changed ${key}`),
    ...recordingChanges(before, now),
  ];
}

function severityChange(before: EvalCase, now: EvalCase): readonly string[] {
  return severities.indexOf(now.severity) > severities.indexOf(before.severity)
    ? [`went from ${before.severity} to ${now.severity}`]
    : [];
}

function statusChange(before: EvalCase, now: EvalCase): readonly string[] {
  const isWeaker = before.status === "active" && now.status !== "active";
  return isWeaker ? [`went from active to ${now.status}`] : [];
}

function assertionChanges(before: EvalCase, now: EvalCase): readonly string[] {
  const names = new Set(now.assert.map(nameOf));
  const lost = before.assert.map(nameOf).filter((name) => !names.has(name));
  const kept = now.assert.map(meaningOf);
  const changed = before.assert
    .filter((assertion) => names.has(nameOf(assertion)))
    .filter((assertion) => !kept.some((other) => isDeepStrictEqual(other, meaningOf(assertion))))
    .map(nameOf);
  return [
    ...(lost.length > 0 ? [`lost ${lost.join(", ")}`] : []),
    ...(changed.length > 0 ? [`changed ${changed.join(", ")}`] : []),
  ];
}

/** An assertion without its explanation. */
function meaningOf(assertion: EvalCase["assert"][number]): object {
  return { ...assertion, why: undefined };
}

/** Trials may become more of the same kind, never fewer or of another kind. */
function trialsChange({ trials: before }: EvalCase, { trials: now }: EvalCase): readonly string[] {
  if (isDeepStrictEqual(before, now)) return [];
  const isStricter =
    before?.policy === "must_hold" &&
    now?.policy === "must_hold" &&
    before.n !== undefined &&
    now.n !== undefined &&
    now.n > before.n;
  return isStricter ? [] : ["is tried less strictly (trials)"];
}

function recordingChanges(before: StoredCase, now: StoredCase): readonly string[] {
  const changed = [...before.recordings].filter(
    ([file, text]) => now.recordings.get(file) !== text,
  );
  return changed.length > 0
    ? [`has other recordings (${changed.map(([file]) => file).join(", ")})`]
    : [];
}
