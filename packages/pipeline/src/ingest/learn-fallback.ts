import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import type { WorkflowConfig } from "../model/workflow.ts";
import { declared, learned, toolSteps, unknown } from "./learn-counts.ts";
import type { Guess, ToolCount } from "./learn-counts.ts";

/** Tools whose failure no later call of the same tool made good. */
function unresolvedIn(digest: RunDigest): readonly string[] {
  const steps = toolSteps(digest);
  return steps.flatMap((step, index) =>
    isFailed(step) &&
    !steps.slice(index + 1).some((later) => later.tool === step.tool && !isFailed(later))
      ? [step.tool ?? ""]
      : [],
  );
}

function hasUnresolved(digest: RunDigest): boolean {
  return unresolvedIn(digest).length > 0;
}

function brokenTools(digests: readonly RunDigest[]): ReadonlySet<string> {
  return new Set(digests.flatMap(unresolvedIn));
}

/** Tools that are called in place of a failed one: after a failure, and hardly elsewhere. */
export function fallbackToolsOf(
  digests: readonly RunDigest[],
  counts: ReadonlyMap<string, ToolCount>,
  config: WorkflowConfig | null,
): Guess<readonly string[]> {
  if (config?.fallback_tools !== undefined) return declared(config.fallback_tools);
  if (digests.length < policy("learnMinRuns")) return unknown([]);
  const broken = digests.filter(hasUnresolved);
  const whole = digests.filter((digest) => !toolSteps(digest).some(isFailed));
  const shareIn = (runs: readonly RunDigest[], tool: string): number =>
    runs.length === 0
      ? 0
      : runs.filter((digest) => toolSteps(digest).some((step) => step.tool === tool)).length /
        runs.length;
  // What comes in place of a failed call is seen where one stayed failed, and hardly elsewhere.
  const found = [...counts].filter(
    ([name, count]) =>
      count.afterFailure >= policy("learnFallbackRuns") &&
      shareIn(whole, name) <= policy("learnFallbackMost") &&
      shareIn(broken, name) >=
        policy("learnFallbackLeast") * (1 / Math.max(1, brokenTools(broken).size)),
  );
  if (found.length === 0) {
    const evidence = `no tool of ${counts.size} is called only after another one failed (${digests.length} runs)`;
    return { value: [], origin: { from: "learned", evidence } };
  }
  return learned(
    found,
    (name, count) =>
      `${name} was called after a failure in ${count.afterFailure} of its ${count.runs} runs`,
  );
}

/** Whether something failed, or gave nothing, somewhere in a run. */
function isTroubled(digest: RunDigest): boolean {
  return digest.steps.some((step) => isFailed(step) || step.outcome === "empty");
}

/** To whom each hand-off of a run went. */
function targetsOf(digest: RunDigest): readonly string[] {
  const passed = digest.steps.filter((step) => step.kind === "handoff");
  const agents = digest.steps.filter((step) => step.kind === "agent");
  return passed.flatMap((step) => {
    const arrow = / → (.+)$/.exec(step.name)?.[1];
    return arrow ?? agents.find((agent) => agent.seq > step.seq)?.name ?? [];
  });
}

/**
 * Agents that take over only where something failed before: to them a run is passed that cannot go on. Declared ones may be tools as
 * well.
 */
export function escalationsOf(
  digests: readonly RunDigest[],
  config: WorkflowConfig | null,
): Guess<readonly string[]> {
  if (config?.escalations !== undefined) return declared(config.escalations);
  if (digests.length < policy("learnMinRuns")) return unknown([]);
  const counts = new Map<string, { troubled: number; all: number }>();
  for (const digest of digests) {
    for (const target of new Set(targetsOf(digest))) {
      const count = counts.get(target) ?? { troubled: 0, all: 0 };
      counts.set(target, count);
      count.all += 1;
      if (isTroubled(digest)) count.troubled += 1;
    }
  }
  const troubled = digests.filter(isTroubled).length;
  const found = [...counts].filter(
    ([, count]) =>
      count.all >= policy("learnEscalationRuns") &&
      count.troubled === count.all &&
      // Where trouble is everywhere, coming after it says nothing.
      troubled / digests.length <= policy("learnFallbackMost"),
  );
  if (found.length === 0) return unknown([]);
  return learned(
    found,
    (name, count) => `${name} took over in ${count.all} runs, each after a failed or empty step`,
  );
}

/** An answer without case, and spaces at its ends. */
export function plainAnswer(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, " ");
}

/**
 * Answers that different questions got word for word, in runs in which something had failed: given in place of an answer.
 */
export function defaultAnswersOf(
  digests: readonly RunDigest[],
  config: WorkflowConfig | null,
): Guess<readonly string[]> {
  if (config?.default_answers !== undefined) return declared(config.default_answers);
  if (digests.length < policy("learnMinRuns")) return unknown([]);
  const seen = new Map<string, { runs: number; troubled: number; questions: Set<string> }>();
  for (const digest of digests) {
    if (
      digest.outputText === null ||
      digest.outputShape?.startsWith(":") === false ||
      digest.cited?.length !== 0
    )
      continue;
    const key = plainAnswer(digest.outputText);
    const entry = seen.get(key) ?? { runs: 0, troubled: 0, questions: new Set<string>() };
    seen.set(key, entry);
    entry.runs += 1;
    // To say that nothing was found is an answer; only after a failure it stands in for one.
    if (digest.steps.some(isFailed)) entry.troubled += 1;
    if (digest.inputText !== null) entry.questions.add(plainAnswer(digest.inputText));
  }
  const found = [...seen].filter(
    ([, entry]) =>
      entry.questions.size >= policy("learnDefaultQuestions") &&
      entry.troubled / entry.runs >= policy("learnDefaultTroubled"),
  );
  if (found.length === 0) return unknown([]);
  return learned(
    found,
    (text, entry) =>
      `"${text.slice(0, 60)}" answered ${entry.questions.size} different questions, after a failed step in ${entry.troubled} of ${entry.runs} runs`,
  );
}
