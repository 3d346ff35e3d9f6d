import type { Cluster } from "../model/cluster.ts";
import type { DeviationKind } from "../model/deviation.ts";
import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import type { Subject } from "./subject.ts";

/** Which runs a case's recordings are taken from. */
export interface Recording {
  /** The failing run: its input is the case's. */
  readonly failing: Subject;
  /** A clean run that calls what the failing one should have called, and those tools; null where nothing is missing. */
  readonly clean: { readonly subject: Subject; readonly tools: ReadonlySet<string> } | null;
}

/**
 * The failing run is the recording. Where it did not call a tool that clean runs usually call (it answered from memory), or called it so
 * that it only failed because of what was asked, a repaired agent will call it otherwise, and the recording needs an answer: that of
 * a clean run with the same input, for which another member may stand in for the representative; else of the clean run whose input
 * shares most words. A tool that failed by itself stays failed: then the case is what the agent makes of that.
 *
 * @param members  at least one; the representative is preferred
 * @returns null without members
 */
export function recordingOf(
  members: readonly Subject[],
  clean: readonly Subject[],
  { representative, signature }: Pick<Cluster, "representative" | "signature">,
): Recording | null {
  const preferred = members.find(({ run }) => run.id === representative) ?? members[0];
  if (!preferred) return null;
  const usual = usualTools(clean);
  const asked = askedWrongly.has(signature.primary) ? signature.component : null;
  const lacking = (subject: Subject, tools: ReadonlySet<string>) =>
    toolsLacking(subject, tools, asked);
  if (lacking(preferred, usual).size === 0) return { failing: preferred, clean: null };
  for (const failing of [preferred, ...members]) {
    const tools = lacking(failing, usual);
    const subject = clean.find(
      (each) => sameInput(each, failing) && lacking(each, tools).size === 0,
    );
    if (subject) return { failing, clean: { subject, tools } };
  }
  const tools = lacking(preferred, usual);
  const alike = mostAlike(
    preferred,
    clean.filter((each) => lacking(each, tools).size === 0),
  );
  return { failing: preferred, clean: alike && { subject: alike, tools } };
}

/** Deviations that are the doing of whoever called the tool. */
const askedWrongly: ReadonlySet<string> = new Set<DeviationKind>([
  "args_mismatch",
  "args_ungrounded",
  "order_never",
]);

function toolsOf({ run }: Subject): ReadonlySet<string> {
  return new Set(run.toolCalls.filter(({ executed }) => executed).map(({ name }) => name));
}

/** Whether a run called a tool and got nothing but failures from it. */
function onlyFailed({ run }: Subject, tool: string): boolean {
  const calls = run.toolCalls.filter(({ name, executed }) => executed && name === tool);
  return calls.every(isFailed);
}

/** Tools that nearly every clean run calls. */
function usualTools(clean: readonly Subject[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const subject of clean) {
    for (const name of toolsOf(subject)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const least = policy("expectedStepShare") * clean.length;
  return new Set([...counts].filter(([, count]) => count >= least).map(([name]) => name));
}

/** Of some tools those that a run never called, or, of the one that was asked wrongly, got only failures from. */
function toolsLacking(
  subject: Subject,
  tools: ReadonlySet<string>,
  asked: string | null,
): ReadonlySet<string> {
  const own = toolsOf(subject);
  return new Set(
    [...tools].filter((name) => !own.has(name) || (name === asked && onlyFailed(subject, name))),
  );
}

function sameInput({ run: left }: Subject, { run: right }: Subject): boolean {
  return left.input.value !== null && left.input.value === right.input.value;
}

function mostAlike(failing: Subject, clean: readonly Subject[]): Subject | null {
  const words = wordsOf(failing);
  let best: { subject: Subject; shared: number } | null = null;
  for (const subject of clean) {
    const shared = [...wordsOf(subject)].filter((word) => words.has(word)).length;
    if (best === null || shared > best.shared) best = { subject, shared };
  }
  return best?.subject ?? null;
}

function wordsOf({ run }: Subject): ReadonlySet<string> {
  return new Set(run.input.value?.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu));
}
