import type { RunDigest } from "../model/digest.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Run, ToolCall } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";
import type { AttributeValue, Span } from "../model/span.ts";
import { isDeepStrictEqual } from "./equal.ts";
import type { Subject } from "./subject.ts";
import { callAttributes, callSpan, listedCall, outputAttributes, toldSpans } from "./told-spans.ts";
import type { SeenCall } from "./told-spans.ts";

/** What a trial left behind. */
interface Evidence {
  readonly spans: readonly Span[];
  readonly noSpans: string | null;
  readonly traceId: string;
  readonly replayedTools: readonly string[];
  readonly answer: NonNullable<Subject["answer"]>;
  readonly replayed: readonly SeenCall[];
  readonly durationMs: number;
}

/** A run as it is read from spans. */
interface Read {
  readonly run: Run;
  readonly signals: Signals;
  readonly digest: RunDigest;
}

type Chosen = { readonly run: Read } | { readonly run: null; readonly why: string };

/**
 * What assertions are asked of, from all that a trial left: calls that the replay saw, then spans, then what the answer says of itself.
 * Where the spans lack a call that the replay saw, or what it was given and returned, or the output, these are put beside them and all is
 * read as one run, by the rules of production. Where there are no spans, the run is made of the answer, the replayed calls and, where
 * there are none of those, the calls that the answer lists; such a run proves what was seen and nothing about what was not. Of a call
 * that both show, the span's arguments stand: they are the model's, and a tool may ask in other words.
 *
 * @param read  the rules of production; or why no run of the trial is in the spans
 * @returns why not: spans came, and none of them are this trial's, so that nothing of it can be believed
 * @source evals.md 2.1
 */
export function trialSubject(
  evalCase: EvalCase,
  evidence: Evidence,
  read: (spans: readonly Span[]) => Chosen,
): { readonly subject: Subject } | { readonly subject: null; readonly why: string } {
  const { answer, durationMs, spans, noSpans } = evidence;
  if (noSpans !== null) return { subject: withoutSpans(evalCase, evidence, noSpans, read) };
  const told = read(spans);
  if (told.run === null) return { subject: null, why: told.why };
  const completed = completedSpans(spans, told.run.run, evidence);
  const { run, signals, digest } = (completed && read(completed).run) ?? told.run;
  return { subject: { run, signals, digest, answer, durationMs } };
}

function withoutSpans(
  evalCase: EvalCase,
  { answer, durationMs, replayed, replayedTools, traceId }: Evidence,
  why: string,
  read: (spans: readonly Span[]) => Chosen,
): Subject {
  const listed = listedIn(answer);
  // A call that cannot be read may be any.
  const lists = answer.tool_calls !== undefined && listed.length === answer.tool_calls.length;
  // Of its own tools the replay knows better than the answer.
  const proxied = new Set([...replayedTools, ...replayed.map(({ tool }) => tool)]);
  const calls = [...replayed, ...listed.filter(({ tool }) => !proxied.has(tool))];
  const made = read(toldSpans(evalCase, answer.output, calls, traceId));
  if (made.run === null) throw new Error(`${evalCase.id}: ${made.why}`);
  const { run, signals, digest } = made.run;
  return {
    run,
    signals,
    digest,
    answer,
    durationMs,
    unseen: { why, listsCalls: lists, tools: proxied },
  };
}

function listedIn({ tool_calls: calls = [] }: Evidence["answer"]): readonly SeenCall[] {
  return calls.flatMap((each) => listedCall(each) ?? []);
}

/** The calls that something else than a span shows: the replay's, and of other tools those that the answer lists. */
function seenBeside({ replayed, answer }: Evidence, run: Run): readonly SeenCall[] {
  const known = new Set([
    ...replayed.map(({ tool }) => tool),
    ...run.toolCalls.flatMap(({ name, rawName }) => [name, rawName]),
  ]);
  return [...replayed, ...listedIn(answer).filter(({ tool }) => !known.has(tool))];
}

/** The spans with what only the replay and the answer show; null where they show it all themselves. */
function completedSpans(
  spans: readonly Span[],
  run: Run,
  evidence: Evidence,
): readonly Span[] | null {
  const { answer } = evidence;
  const root = spans.find(({ spanId }) => spanId === run.rootSpanId) ?? spans[0];
  if (root === undefined) return null;
  const more = new Map<string, ReadonlyMap<string, AttributeValue>>();
  if (run.output.value === null) more.set(root.spanId, outputAttributes(answer.output));
  const added: Span[] = [];
  const ends = new Map(spans.map(({ spanId, endNanos }) => [String(spanId), endNanos]));
  let afterNanos = root.startNanos;
  for (const [call, shown] of paired(seenBeside(evidence, run), run.toolCalls)) {
    const [span] = shown?.spanIds ?? [];
    if (shown === null) {
      added.push(callSpan(call, root, added.length, afterNanos));
      afterNanos += 2n;
    } else if (span !== undefined) {
      afterNanos = ends.get(span) ?? afterNanos;
      const lacks = shown.args.value === null || shown.result.value === null;
      if (lacks) more.set(span, callAttributes(call));
    }
  }
  if (added.length === 0 && more.size === 0) return null;
  const filled = spans.map((span) => {
    const extra = more.get(span.spanId);
    // What a span tells itself stands.
    return extra ? { ...span, attributes: new Map([...extra, ...span.attributes]) } : span;
  });
  return [...filled, ...added];
}

/** Each replayed call with the call of the spans that is the same one: of its tool, with equal arguments where one has, in order. */
function paired(
  replayed: readonly SeenCall[],
  shown: readonly ToolCall[],
): readonly (readonly [SeenCall, ToolCall | null])[] {
  const free = new Set(shown);
  const take = (found: ToolCall | undefined): ToolCall | null => {
    if (found === undefined) return null;
    free.delete(found);
    return found;
  };
  const sameTool = ({ tool }: SeenCall) =>
    [...free].filter(({ name, rawName }) => name === tool || rawName === tool);
  const equal = new Map(
    replayed.map((call) => [
      call,
      take(sameTool(call).find(({ args }) => isDeepStrictEqual(args.value, call.args))),
    ]),
  );
  return replayed.map((call) => [call, equal.get(call) ?? take(sameTool(call)[0])]);
}
