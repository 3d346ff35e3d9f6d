import type { RunDigest, StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { SignalName } from "../model/signal.ts";
import { noSettings } from "../model/workflow.ts";
import type { WorkflowConfig, WorkflowSettings } from "../model/workflow.ts";
import { plainId } from "./cite-forms.ts";
import { idShape } from "./cite.ts";

function isFailed(step: StepDigest): boolean {
  return step.outcome === "error" || step.outcome === "soft_error";
}

function toolSteps(digest: RunDigest): readonly StepDigest[] {
  return digest.steps.filter((step) => step.kind === "tool" && step.tool !== null);
}

interface ToolCount {
  calls: number;
  withDocuments: number;
  runs: number;
  afterFailure: number;
}

/** What the calls of each tool were like: how often they returned documents, and came only after another tool had failed. */
function countTools(digests: readonly RunDigest[]): ReadonlyMap<string, ToolCount> {
  const counts = new Map<string, ToolCount>();
  for (const digest of digests) {
    const steps = toolSteps(digest);
    const seen = new Set<string>();
    for (const [index, step] of steps.entries()) {
      const name = step.tool ?? "";
      const count = counts.get(name) ?? { calls: 0, withDocuments: 0, runs: 0, afterFailure: 0 };
      counts.set(name, count);
      if (!isFailed(step) && step.outcome !== "unknown") {
        count.calls += 1;
        if (step.documents !== null) count.withDocuments += 1;
      }
      if (seen.has(name)) continue;
      seen.add(name);
      count.runs += 1;
      const before = steps.slice(0, index);
      if (before.some((other) => isFailed(other) && other.tool !== name)) count.afterFailure += 1;
    }
  }
  return counts;
}

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

/** A guess, or what a person declared, with what it rests on. */
interface Guess<T> {
  readonly value: T;
  readonly origin: { readonly from: "declared" | "learned"; readonly evidence: string } | null;
}

function declared<T>(value: T): Guess<T> {
  return { value, origin: { from: "declared", evidence: "rootward.yaml" } };
}

function retrieversOf(
  counts: ReadonlyMap<string, ToolCount>,
  config: WorkflowConfig | null,
): Guess<readonly string[]> {
  if (config?.retrievers !== undefined) return declared(config.retrievers);
  const found = [...counts].filter(
    ([, count]) =>
      count.calls >= policy("learnMinCalls") &&
      count.withDocuments / count.calls >= policy("learnRetrieverShare"),
  );
  if (found.length === 0) return { value: [], origin: null };
  const evidence = found
    .map(
      ([name, count]) =>
        `${name} returned documents in ${count.withDocuments} of ${count.calls} calls`,
    )
    .join("; ");
  return { value: found.map(([name]) => name).toSorted(), origin: { from: "learned", evidence } };
}

function fallbackToolsOf(
  digests: readonly RunDigest[],
  counts: ReadonlyMap<string, ToolCount>,
  config: WorkflowConfig | null,
): Guess<readonly string[]> {
  if (config?.fallback_tools !== undefined) return declared(config.fallback_tools);
  if (digests.length < policy("learnMinRuns")) return { value: [], origin: null };
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
  const evidence =
    found.length === 0
      ? `no tool of ${counts.size} is called only after another one failed (${digests.length} runs)`
      : found
          .map(
            ([name, count]) =>
              `${name} was called after a failure in ${count.afterFailure} of its ${count.runs} runs`,
          )
          .join("; ");
  return { value: found.map(([name]) => name).toSorted(), origin: { from: "learned", evidence } };
}

function retrievesOf(
  digests: readonly RunDigest[],
  retrievers: readonly string[],
  config: WorkflowConfig | null,
): Guess<boolean | null> {
  if ((config?.retrievers?.length ?? 0) > 0) return declared(true);
  if (digests.length < policy("learnMinRuns")) return { value: null, origin: null };
  const with_ = digests.filter(
    (digest) =>
      digest.retrieved !== null ||
      digest.steps.some((step) => step.tool !== null && retrievers.includes(step.tool)),
  );
  const share = with_.length / digests.length;
  const evidence = `${with_.length} of ${digests.length} runs retrieve`;
  if (share >= policy("learnRetrieverShare"))
    return { value: true, origin: { from: "learned", evidence } };
  return with_.length === 0 && digests.every((digest) => digest.steps.length > 0)
    ? { value: false, origin: { from: "learned", evidence } }
    : { value: null, origin: null };
}

/** What stands directly around an id where answers cite it: a section sign, a bracket, nothing. */
function surroundings(digests: readonly RunDigest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const digest of digests) {
    const text = digest.outputText ?? "";
    for (const id of digest.retrieved ?? []) {
      const at = text.indexOf(id);
      if (at < 0 || id.length < 2) continue;
      const before =
        /([§#[(]|\b(?:[Ss]ection|[Aa]rticle|[Cc]lause|[Ss]ource|[Rr]ef))\s?$/.exec(
          text.slice(Math.max(0, at - 10), at),
        )?.[0] ?? "";
      counts.set(before, (counts.get(before) ?? 0) + 1);
    }
  }
  return counts;
}

function escaped(text: string): string {
  return text
    .replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, String.raw`\s?`);
}

function citationOf(
  digests: readonly RunDigest[],
  config: WorkflowConfig | null,
): Guess<WorkflowSettings["citation"]> {
  const { citation } = config ?? {};
  if (citation !== undefined)
    return declared({ pattern: citation.pattern ?? null, pointer: citation.pointer ?? null });
  const citing = digests.filter(
    (digest) =>
      digest.cited !== null &&
      digest.cited.some(
        (id) => digest.retrieved?.some((other) => plainId(other) === plainId(id)) === true,
      ),
  );
  if (
    digests.length < policy("learnMinRuns") ||
    citing.length / digests.length < policy("learnCitedShare")
  )
    return { value: null, origin: null };
  const cited = new Set(citing.flatMap((digest) => digest.cited ?? []));
  const ids = citing.flatMap((digest) => (digest.retrieved ?? []).filter((id) => cited.has(id)));
  const shape = idShape(ids.slice(0, 500));
  const parts = shape === null ? [] : shape.split("|");
  const dotted = ids.filter((id) => /^\d+(\.\d+)+$/.test(id)).length;
  const evidence = `${citing.length} of ${digests.length} answers cite ids that were retrieved, as ${[...cited].slice(0, 3).join(", ")}`;
  if (parts.length > 0 && parts.length <= 12) {
    return {
      value: { pattern: parts.join("|"), pointer: null },
      origin: { from: "learned", evidence },
    };
  }
  if (dotted / Math.max(1, ids.length) < 0.9) return { value: null, origin: null };
  const around = [...surroundings(citing)].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "";
  if (around === "") return { value: null, origin: null };
  return {
    value: { pattern: `${escaped(around)}(${String.raw`\d+(?:\.\d+)+`})`, pointer: null },
    origin: { from: "learned", evidence },
  };
}

/** That answers of this workflow are recorded: a run without one then lacks it. */
function outputOrigin(digests: readonly RunDigest[]): WorkflowSettings["origins"] {
  const seen = digests.filter((digest) => digest.outputText !== null).length;
  if (
    digests.length < policy("learnMinRuns") ||
    seen / digests.length < policy("learnRetrieverShare")
  )
    return {};
  return {
    output: { from: "learned", evidence: `${seen} of ${digests.length} runs show their output` },
  };
}

function signalsOf(config: WorkflowConfig | null): WorkflowSettings["signals"] {
  const setting = (name: SignalName): "on" | "off" | "no_failure" => {
    const given = config?.signals?.[name];
    if (typeof given === "object") return given.failure ? "on" : "no_failure";
    return given ?? "on";
  };
  return {
    grounded: setting("grounded"),
    fallback: setting("fallback"),
    confidence: setting("confidence"),
    downstream_ok: setting("downstream_ok"),
  };
}

/**
 * What a workflow is, from its own runs where a person has not declared it: which tools retrieve (by the shape of what they return),
 * how answers cite, which tools are called only in place of a failed one, whether retrieval is part of it. Every guess says what it
 * rests on; with few runs there is none.
 *
 * @param digests runs of one workflow and environment, in any order
 * @param declared the workflow's entry in `rootward.yaml`
 */
export function learn(
  digests: readonly RunDigest[],
  config: WorkflowConfig | null,
): WorkflowSettings {
  const counts = countTools(digests);
  const retrievers = retrieversOf(counts, config);
  const citation = citationOf(digests, config);
  const fallbackTools = fallbackToolsOf(digests, counts, config);
  const retrieves = retrievesOf(digests, retrievers.value, config);
  const guesses = { retrievers, citation, fallback_tools: fallbackTools, retrieves };
  return {
    ...noSettings,
    retrievers: retrievers.value,
    citation: citation.value,
    fallbackTools: fallbackTools.value,
    finalTools: config?.final_tools ?? [],
    retrieves: retrieves.value,
    signals: signalsOf(config),
    compliance: config?.compliance ?? false,
    safety: config?.safety ?? [],
    forbiddenTools: config?.forbidden_tools ?? [],
    taskTypeAttribute: config?.task_type?.attribute ?? null,
    origins: {
      ...outputOrigin(digests),
      ...Object.fromEntries(
        Object.entries(guesses).flatMap(([name, guess]) =>
          guess.origin === null ? [] : [[name, guess.origin]],
        ),
      ),
    },
  };
}
