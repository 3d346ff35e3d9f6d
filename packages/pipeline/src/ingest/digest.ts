import type { RunDigest, StepDigest, StepLink, VersionText } from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import type { FailureReason, Signals } from "../model/signal.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { millisOf } from "../model/time.ts";
import { isHedge, isRefusal, unretrieved, unsupportedUnits } from "../signals/grounded.ts";
import { Givers, valuesIn } from "./digest-links.ts";
import { draftsOf } from "./digest-steps.ts";
import type { Draft } from "./digest-steps.ts";
import { errorDigest } from "./error-class.ts";
import { parse } from "./parse.ts";
import { shapeOf } from "./shape.ts";
import { flatText } from "./value.ts";
import { versionsOf } from "./versions.ts";

/** The version of the mapping from spans to runs: raised whenever the same spans would read differently. */
export const mappingVersion = 1;

const outputLimit = 2000;

/** Each step linked to the earlier ones it read: the call that asked, the hand-off, shared values, else the step before. */
function linked(run: Run, drafts: readonly Draft[]): readonly StepDigest[] {
  const givers = new Givers(valuesIn(run.input.value));
  const seen: string[] = [
    run.input.value ?? "",
    ...run.llmCalls.flatMap((call) => (call.system.value === null ? [] : [call.system.value])),
  ];
  let before: number | null = null;
  return drafts.map((draft) => {
    const { digest } = draft;
    const values = valuesIn(draft.reads);
    const links: StepLink[] = [];
    if (draft.askedBy !== null) links.push({ from: draft.askedBy, proof: "call", text: null });
    if (draft.handedBy !== null && draft.handedBy !== digest.seq)
      links.push({ from: draft.handedBy, proof: "handoff", text: null });
    const read = givers.linksTo(digest.seq, values).filter((link) => link.from !== draft.askedBy);
    links.push(...read);
    for (const from of draft.shown)
      if (!read.some((link) => link.from === from)) links.push({ from, proof: "call", text: null });
    if (links.length === 0 && before !== null)
      links.push({ from: before, proof: "order", text: null });
    const calls = digest.kind === "tool" || digest.kind === "handoff";
    const unsupportedArgs = calls ? unsupportedIn(draft.reads, seen) : [];
    givers.add(digest.seq, valuesIn(draft.gives));
    if (digest.kind === "tool" || digest.kind === "retrieval" || digest.kind === "handoff")
      seen.push(flatText(draft.gives));
    if (digest.kind !== "agent") before = digest.seq;
    return { ...digest, unsupportedArgs, links };
  });
}

const unsupportedMost = 5;

/** Argument values, ids and numbers, that no text the run had read by then holds. */
function unsupportedIn(args: unknown, seen: readonly string[]): readonly string[] {
  if (args === null) return [];
  const values = [...valuesIn(args)].filter(
    (value) => /\d/.test(value) && value.length <= 60 && !/\s\S+\s/.test(value),
  );
  return values
    .filter((value) => !seen.some((text) => holdsWhole(text, value)))
    .slice(0, unsupportedMost);
}

/** Whether a text holds a value as a word of its own: `210398bdaa` is not what `pay_210398bdaa` says. */
function holdsWhole(text: string, value: string): boolean {
  const joins = /[\p{L}\p{N}_]/u;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const [before, after] = [text[at - 1] ?? " ", text[at + value.length] ?? " "];
    if (!joins.test(before) && !joins.test(after)) return true;
  }
  return false;
}

function readTexts(run: Run): readonly string[] {
  const results = run.toolCalls.flatMap((call) =>
    call.result.value === null ? [] : [flatText(call.result.value)],
  );
  const docs = run.retrievals.flatMap((one) =>
    (one.documents ?? []).flatMap((doc) => (doc.text === null ? [] : [doc.text])),
  );
  const asked = run.llmCalls.flatMap((call) =>
    call.input.flatMap((message) =>
      message.role === "user"
        ? message.parts.flatMap((part) => (part.t === "text" ? [part.text] : []))
        : [],
    ),
  );
  return [...results, ...docs, ...new Set(asked), run.input.value ?? ""];
}

/** Numbers and ids of the answer that nothing the run read holds. */
function unsupportedOf(run: Run): readonly string[] {
  const text = run.output.value?.text;
  const hidden = run.toolCalls.some(
    (call) => call.executed && call.result.value === null && call.failure === null,
  );
  if (text === undefined || hidden) return [];
  return unsupportedUnits(text, readTexts(run))
    .filter((unit) => /\d/.test(unit) && !unit.includes(" "))
    .slice(0, unsupportedMost);
}

function ungroundedOf(run: Run, settings: WorkflowSettings): readonly string[] {
  const docs = run.retrievals.flatMap((one) => one.documents ?? []);
  const visible = run.retrievals.some((one) => one.documents !== null);
  if (run.cited === null || (!visible && settings.retrieves !== true)) return [];
  const retrieving = new Set(run.retrievals.map((one) => one.toolCallId));
  const others = run.toolCalls
    .filter((call) => !retrieving.has(call.id))
    .map((call) => flatText(call.result.value));
  const ids = docs.flatMap((doc) => [doc.id, ...doc.altIds].filter((id) => id !== null));
  return unretrieved(run.cited, ids, [
    ...others,
    ...docs.flatMap((doc) => (doc.text === null ? [] : [doc.text])),
  ]);
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
  const visible = run.retrievals.filter((one) => one.documents !== null);
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
    retrieved:
      visible.length === 0
        ? null
        : [
            ...new Set(
              visible.flatMap((one) =>
                (one.documents ?? []).flatMap((doc) => (doc.id === null ? [] : [doc.id])),
              ),
            ),
          ],
    unsupported: unsupportedOf(run),
    violations: options.violations,
    outputShape: output === null ? null : shapeOf(output.json ?? parse(output.text).value),
    hedge: output !== null && isHedge(output.text),
    refusal: output !== null && isRefusal(output.text),
    steps: linked(run, draftsOf(run)),
    versions,
    inputText: run.input.value?.slice(0, outputLimit) ?? null,
    outputText: output?.text.slice(0, outputLimit) ?? null,
    mapping: mappingVersion,
  };
  return { digest, texts };
}
