import { severities } from "../model/evalfields.ts";
import type { Closure } from "../model/closure.ts";
import type { EvalCase, TrialsPolicy } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import { isDeepStrictEqual } from "./equal.ts";
import { nameOf } from "./grade.ts";
import { isAsStrict } from "./strictness.ts";
import { defaultTrials, trialsOf } from "./trials.ts";
import { listed } from "./judged.ts";

/** A case with its file, as it stands at one commit or on disk. */
export interface StoredCase {
  readonly evalCase: EvalCase;
  readonly file: string;
}

/** A case at the merge base, with what decides about it beside its file and is another now: paths, and parts of the configuration. */
export interface EarlierCase extends StoredCase {
  readonly changed: readonly string[];
}

/** Trials by severity, as a configuration says; what it leaves out is as the defaults say. */
type TrialsBySeverity = Partial<Record<Severity, TrialsPolicy | undefined>>;

interface RatchetInput {
  readonly before: readonly EarlierCase[];
  /** Cases whose text at the merge base this version cannot read: of these only that they stand can be told. */
  readonly unread: readonly { readonly id: string; readonly file: string }[];
  readonly now: readonly StoredCase[];
  readonly closuresBefore: readonly Closure[];
  readonly closures: readonly Closure[];
  /** Ids of cases and closures whose file stands but no longer parses: they are reported as that, not as vanished. */
  readonly unreadable: ReadonlySet<string>;
  readonly trials: TrialsBySeverity;
}

/** What decides how a case is tried: a change of any of them can make a red case green. */
const decisive = [
  "agent",
  "workflow",
  "task_type",
  "failure_class",
  "compliance_workflow",
  "recognize",
  "input",
  "environment",
  "grader",
  "judge",
  "known_bad",
] as const satisfies readonly (keyof EvalCase)[];

/**
 * How the cases were weakened since the merge base: a case or a closure that vanished, or an active case whose severity, status,
 * assertions, trials, occasions, proof, input, environment, recordings or other files changed without a new entry in its `history`. A
 * retired case needs a closure (`retire_case`) as well. A draft gates nothing, so it may be changed, and only not vanish.
 *
 * @returns a sentence each, beginning with the file; empty where nothing was weakened
 * @source evals.md 3.4
 */
export function weakenings(input: RatchetInput): readonly string[] {
  const { before, unread, now, closures, unreadable, trials } = input;
  const byId = new Map(now.map((stored) => [stored.evalCase.id, stored]));
  const unexplained: { readonly id: string; readonly path: string }[] = [];
  const found = before.flatMap((stored) => {
    const { id, status } = stored.evalCase;
    const same = byId.get(id);
    if (!same) return unreadable.has(id) ? [] : [deleted(stored.file, id)];
    const lost = unclosed(stored.evalCase, same, closures);
    if (status !== "active" || hasNewHistory(stored.evalCase, same.evalCase)) return lost;
    unexplained.push(...stored.changed.map((path) => ({ id, path })));
    const changes = changesOf(stored.evalCase, same.evalCase, trials);
    return [
      ...lost,
      ...changes.map((change) => `${same.file}: ${id} ${change} without a history entry`),
    ];
  });
  const vanished = unread
    .filter(({ id }) => !byId.has(id) && !unreadable.has(id))
    .map(({ id, file }) => deleted(file, id));
  return [...found, ...vanished, ...changedFiles(unexplained), ...lostClosures(input)];
}

function deleted(file: string, id: string): string {
  return `${file}: ${id} was deleted; cases are never deleted: set status: retired and write a closure`;
}

function unclosed(
  before: EvalCase,
  { evalCase, file }: StoredCase,
  closures: readonly Closure[],
): readonly string[] {
  const { id } = evalCase;
  if (evalCase.status !== "retired" || before.status === "retired") return [];
  return closures.some((closure) => closure.decision === "retire_case" && closure.case === id)
    ? []
    : [`${file}: ${id} is retired without a closure (decision: retire_case, case: ${id})`];
}

/** One sentence a file, however many cases it decides about. */
function changedFiles(
  all: readonly { readonly id: string; readonly path: string }[],
): readonly string[] {
  const paths = [...new Set(all.map(({ path }) => path))];
  return paths.map((path) => {
    const ids = all.filter((one) => one.path === path).map(({ id }) => id);
    return `${path}: changed or gone without a history entry in what it decides about (${listed(ids)})`;
  });
}

function lostClosures({
  closuresBefore,
  closures,
  now,
  unreadable,
}: RatchetInput): readonly string[] {
  return closuresBefore.flatMap((before) => {
    const { id, cluster, decision } = before;
    const same = closures.find((closure) => closure.id === id);
    if (unreadable.has(id)) return [];
    // A failure that came back gets its case in place of the closure.
    const isGuarded = now.some(
      ({ evalCase }) => evalCase.status === "active" && evalCase.provenance.cluster === cluster,
    );
    if (!same) {
      const isSuperseded = decision === "no_eval" && isGuarded;
      return isSuperseded ? [] : [`closure ${id} was deleted; what was decided stays on record`];
    }
    const isOther =
      same.cluster !== cluster || same.decision !== decision || same.case !== before.case;
    return isOther ? [`closure ${id} decides something else now; write another one`] : [];
  });
}

/** History only grows: what was written stays, and something was added. */
function hasNewHistory(before: EvalCase, now: EvalCase): boolean {
  const old = before.history ?? [];
  const young = now.history ?? [];
  return young.length > old.length && isDeepStrictEqual(young.slice(0, old.length), old);
}

function changesOf(before: EvalCase, now: EvalCase, trials: TrialsBySeverity): readonly string[] {
  return [
    ...severityChange(before, now),
    ...(now.status === "active" ? [] : [`went from active to ${now.status}`]),
    ...assertionChanges(before, now),
    ...trialsChange(before, now, trials),
    ...occasionsChange(before, now),
    ...proofChange(before, now),
    ...decisive
      .filter((key) => !isDeepStrictEqual(before[key], now[key]))
      .map((key) => `changed ${key}`),
    ...(["origin", "cluster", "signature"] as const)
      .filter((key) => before.provenance[key] !== now.provenance[key])
      .map((key) => `changed provenance.${key}`),
    ...historyChange(before, now),
  ];
}

/** What was written of a change stays. */
function historyChange({ history: before = [] }: EvalCase, now: EvalCase): readonly string[] {
  const kept = (now.history ?? []).slice(0, before.length);
  return isDeepStrictEqual(kept, before) ? [] : ["lost or changed an entry of its history"];
}

function severityChange(before: EvalCase, now: EvalCase): readonly string[] {
  return severities.indexOf(now.severity) > severities.indexOf(before.severity)
    ? [`went from ${before.severity} to ${now.severity}`]
    : [];
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

/** As strict as it was or stricter, whether it says so itself or the configuration does. */
function trialsChange(
  before: EvalCase,
  now: EvalCase,
  trials: TrialsBySeverity,
): readonly string[] {
  const asked = trialsOf(now, trials);
  const asStrict = isAsStrict(asked, trialsOf(before, trials), defaultTrials(now.severity));
  return asStrict ? [] : ["is tried less strictly (trials)"];
}

/** It may run on more occasions, never on fewer. */
function occasionsChange(before: EvalCase, now: EvalCase): readonly string[] {
  const left = before.run_on.filter((change) => !now.run_on.includes(change));
  return left.length > 0 ? [`no longer runs on a change of ${left.join(", ")} (run_on)`] : [];
}

/** The proof that a case tells bad from good: it is made anew with a reason, or it stays. */
function proofChange(before: EvalCase, now: EvalCase): readonly string[] {
  const numbers = ({ validation }: EvalCase) =>
    validation && { ...validation, fixed_by: undefined };
  return [
    ...(before.validation && !isDeepStrictEqual(numbers(before), numbers(now))
      ? [`changed validation`]
      : []),
    ...(now.unproven === true && before.unproven !== true ? ["is unproven now"] : []),
  ];
}
