import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { SignalName } from "../model/signal.ts";
import { noSettings } from "../model/workflow.ts";
import type { WorkflowConfig, WorkflowSettings } from "../model/workflow.ts";
import { plainId } from "./cite-forms.ts";
import { idShape } from "./cite.ts";
import { countTools, declared, learned, unknown } from "./learn-counts.ts";
import type { Guess, ToolCount } from "./learn-counts.ts";
import { defaultAnswersOf, escalationsOf, fallbackToolsOf } from "./learn-fallback.ts";

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
  if (found.length === 0) return unknown([]);
  return learned(
    found,
    (name, count) => `${name} returned documents in ${count.withDocuments} of ${count.calls} calls`,
  );
}

function retrievesOf(
  digests: readonly RunDigest[],
  retrievers: readonly string[],
  config: WorkflowConfig | null,
): Guess<boolean | null> {
  if ((config?.retrievers?.length ?? 0) > 0) return declared(true);
  if (digests.length < policy("learnMinRuns")) return unknown(null);
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
    : unknown(null);
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
    return unknown(null);
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
  if (dotted / Math.max(1, ids.length) < 0.9) return unknown(null);
  const around = [...surroundings(citing)].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "";
  if (around === "") return unknown(null);
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
  const escalations = escalationsOf(digests, config);
  const defaultAnswers = defaultAnswersOf(digests, config);
  const guesses = {
    retrievers,
    citation,
    fallback_tools: fallbackTools,
    escalations,
    default_answers: defaultAnswers,
    retrieves,
  };
  return {
    ...noSettings,
    retrievers: retrievers.value,
    citation: citation.value,
    fallbackTools: fallbackTools.value,
    escalations: escalations.value,
    defaultAnswers: defaultAnswers.value,
    finalTools: config?.final_tools ?? [],
    knownTools: [...counts.keys()].toSorted(),
    retrieves: retrieves.value,
    signals: signalsOf(config),
    compliance: (config?.compliance ?? false) !== false,
    complianceRecord: config?.compliance === "record",
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
