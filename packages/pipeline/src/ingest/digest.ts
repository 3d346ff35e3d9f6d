import type {
  RankedFeatures,
  RunDigest,
  StepDigest,
  StepLink,
  VersionText,
} from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import type { FailureReason, Signals } from "../model/signal.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { millisOf } from "../model/time.ts";
import { featuresOf } from "../rank/features.ts";
import { isHedge, isRefusal, marksOf, unretrieved, unsupported } from "../signals/grounded.ts";
import { conversationOf } from "./conversation.ts";
import { Givers, Seen, valuesIn } from "./digest-links.ts";
import { draftsOf, stepOf } from "./digest-steps.ts";
import type { Draft } from "./digest-steps.ts";
import { errorDigest } from "./error-class.ts";
import { isHidden, materialOf } from "./material.ts";
import { parse } from "./parse.ts";
import { shapeOf } from "./shape.ts";
import { trailEvents } from "./trail-events.ts";
import { versionsOf } from "./versions.ts";

/** The version of the mapping from spans to runs: raised whenever the same spans would read differently. */
export const mappingVersion = 2;

const outputLimit = 2000;

/** Each step linked to the earlier ones it read: the call that asked, the hand-off, shared values, else the step before. */
function linked(run: Run, drafts: readonly Draft[]): readonly StepDigest[] {
  const givers = new Givers(valuesIn(run.input.value));
  const seen = new Seen(run);
  let before: number | null = null;
  return drafts.map((draft) => {
    const { kind, seq } = draft.own;
    const reads = valuesIn(draft.reads);
    const links = linksOf(draft, givers.linksTo(seq, reads));
    if (links.length === 0 && before !== null)
      links.push({ from: before, proof: "order", text: null });
    const isCall = kind === "tool" || kind === "handoff";
    const unsupportedArgs = isCall ? unsupportedIn(reads, seen) : [];
    givers.add(seq, draft.gives === draft.reads ? reads : valuesIn(draft.gives));
    if (isCall || kind === "retrieval") seen.add(draft.gives);
    if (kind !== "agent") before = seq;
    return stepOf(draft, links, unsupportedArgs);
  });
}

/** The links of a step that something proves. */
function linksOf(draft: Draft, byValue: readonly StepLink[]): StepLink[] {
  const { askedBy, handedBy, shown } = draft;
  const links: StepLink[] = [];
  if (askedBy !== null) links.push({ from: askedBy, proof: "call", text: null });
  if (handedBy !== null && handedBy !== draft.own.seq)
    links.push({ from: handedBy, proof: "handoff", text: null });
  const read = byValue.filter((link) => link.from !== askedBy);
  links.push(...read);
  for (const from of shown)
    if (!read.some((link) => link.from === from)) links.push({ from, proof: "call", text: null });
  return links;
}

const unsupportedMost = 5;

/** Argument values, ids and numbers, that no text the run had read by then holds. */
function unsupportedIn(args: ReadonlySet<string>, seen: Seen): readonly string[] {
  const found: string[] = [];
  for (const value of args) {
    if (found.length === unsupportedMost) break;
    const isName = value.length <= 60 && /\d/.test(value) && !/\s\S+\s/.test(value);
    if (isName && !seen.holds(value)) found.push(value);
  }
  return found;
}

/** Numbers and ids of the answer that nothing the run read holds. */
function unsupportedOf(run: Run): readonly string[] {
  const text = run.output.value?.text;
  if (text === undefined || run.toolCalls.some(isHidden)) return [];
  const marks = marksOf(text).filter((mark) => /\d/.test(mark) && !mark.includes(" "));
  if (marks.length === 0) return [];
  return unsupported(marks, materialOf(run).allTexts()).slice(0, unsupportedMost);
}

function ungroundedOf(run: Run, settings: WorkflowSettings): readonly string[] {
  if (run.cited === null || run.cited.length === 0) return [];
  const { documents, otherResults, documentTexts } = materialOf(run);
  if (documents === null && settings.retrieves !== true) return [];
  return unretrieved(run.cited, documents ?? [], () => [...otherResults(), ...documentTexts()]);
}

/** Ids of the documents that retrieval showed, each once; null where it showed none. */
function retrievedBy(run: Run): readonly string[] | null {
  let isVisible = false;
  const ids = new Set<string>();
  for (const { documents } of run.retrievals) {
    if (documents === null) continue;
    isVisible = true;
    for (const { id } of documents) if (id !== null) ids.add(id);
  }
  return isVisible ? [...ids] : null;
}

/** What speaks for each step as the origin, while the texts are at hand. A user's turns stand between steps and are none. */
function rankedFeatures(run: Run): readonly RankedFeatures[] {
  return featuresOf(trailEvents(run), run.input.value).filter(({ step }) => Number.isInteger(step));
}

/**
 * What diagnosis keeps of a run, as `model/digest.ts` describes it: steps in order with shapes, ids and links, versions with the
 * texts behind their hashes, and no content beyond question, answer and error texts.
 *
 * @param violations of the declared contract, empty where it holds or none is declared
 */
export function digestRun(
  run: Run,
  signals: Signals,
  failed: readonly FailureReason[],
  options: { readonly settings: WorkflowSettings; readonly violations: readonly string[] },
): { readonly digest: RunDigest; readonly texts: readonly VersionText[] } {
  const { versions, texts } = versionsOf(run);
  const output = run.output.value;
  const digest: RunDigest = {
    id: run.id,
    aliases: run.aliases,
    traceIds: run.traceIds,
    workflow: run.workflow,
    environment: run.environment,
    taskType: run.taskType,
    session: run.session,
    service: run.deployment.service,
    startedMs: millisOf(run.startNanos),
    endedMs: millisOf(run.endNanos),
    complete: run.complete,
    conventions: run.conventions,
    signals,
    failed,
    error: run.error === null ? null : errorDigest(run.error),
    errorAt: run.error?.at ?? null,
    cited: run.cited,
    ungrounded: ungroundedOf(run, options.settings),
    retrieved: retrievedBy(run),
    unsupported: unsupportedOf(run),
    violations: options.violations,
    outputShape: output === null ? null : shapeOf(output.json ?? parse(output.text).value),
    hedge: output !== null && isHedge(output.text),
    refusal: output !== null && isRefusal(output.text),
    conversation: conversationOf(run),
    steps: linked(run, draftsOf(run)),
    ...(failed.length > 0 || run.error !== null ? { features: rankedFeatures(run) } : {}),
    versions,
    inputText: run.input.value?.slice(0, outputLimit) ?? null,
    outputText: output?.text.slice(0, outputLimit) ?? null,
    mapping: mappingVersion,
  };
  return { digest, texts };
}
