import type { SpanId, TraceId } from "../model/ids.ts";
import type { LlmCall, Run, ToolCall } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { findText } from "../ingest/fields.ts";
import type { Fact } from "./framework.ts";
import type { Owners } from "./owners.ts";

/** One thing that could say a fact, and whether it does. */
interface Item {
  /** Its own spans; empty where the run as a whole answers. */
  readonly spanIds: readonly SpanId[];
  readonly traceIds: readonly TraceId[];
  readonly have: boolean;
}

/** A fact over all runs. */
export interface Presence {
  /** As people say it. */
  readonly name: string;
  readonly fact: Fact;
  readonly unit: "runs" | "model calls" | "tool calls" | "retrievals";
  readonly items: readonly Item[];
}

/** The spans of some runs, and who sent anything of their traces. */
interface Sent {
  readonly spans: ReadonlyMap<SpanId, Span>;
  readonly senders: Owners["byTrace"];
}

type Row = Omit<Presence, "items"> & {
  readonly items: (run: Run, sent: Sent) => readonly Item[];
};

function ofRun(
  have: (run: Run, sent: Sent) => boolean,
  applies: (run: Run) => boolean = () => true,
) {
  return (run: Run, sent: Sent): readonly Item[] =>
    applies(run) ? [{ spanIds: [], traceIds: run.traceIds, have: have(run, sent) }] : [];
}

/** Model calls that were answered: one that failed has nothing to say. */
function ofCalls(have: (call: LlmCall) => boolean) {
  return (run: Run): readonly Item[] =>
    run.llmCalls
      .filter((call) => call.failure === null)
      .map((call) => ({ spanIds: [call.spanId], traceIds: run.traceIds, have: have(call) }));
}

function ofTools(have: (call: ToolCall) => boolean, applies: (call: ToolCall) => boolean) {
  return (run: Run): readonly Item[] =>
    run.toolCalls.filter(applies).map((call) => ({
      spanIds:
        call.spanIds.length > 0
          ? call.spanIds
          : call.requestedBy === null
            ? []
            : [call.requestedBy],
      traceIds: run.traceIds,
      have: have(call),
    }));
}

function saysSomething({ input, output }: LlmCall): boolean {
  return [...input, ...output].some(
    ({ role, parts }) =>
      role !== "system" &&
      parts.some((part) => (part.t === "text" ? part.text !== "" : part.t === "call")),
  );
}

/** Whether an answer of the run can be held against what was retrieved: the answer is there, and every document has an id. */
function canBeChecked(run: Run): boolean {
  return (
    run.output.value !== null &&
    run.retrievals.every(
      ({ documents }) =>
        documents !== null && documents.every(({ id, altIds }) => id !== null || altIds.length > 0),
    )
  );
}

/** Whether a span names the agent: else it has the service's name, because nothing else is known. */
function namesAgent({ agents, deployment }: Run, { spans }: Sent): boolean {
  return agents.some(({ name, spanId }) => {
    const span = spans.get(spanId);
    if (name !== deployment.service) return !name.startsWith("unknown");
    return span !== undefined && findText(span, "agentName") !== null;
  });
}

/** Whether the version is the application's: some frameworks send their own. */
function tellsRelease({ deployment, traceIds }: Run, { senders }: Sent): boolean {
  const frameworks = traceIds.flatMap((id) => [...(senders.get(id) ?? [])]);
  const isTheirs = frameworks.some(({ settings }) => settings.serviceVersion.kind === "never");
  return deployment.version !== null && !isTheirs;
}

const rows: readonly Row[] = [
  {
    name: "model calls",
    fact: "modelAnswered",
    unit: "runs",
    items: ofRun((run) => run.llmCalls.length > 0),
  },
  {
    name: "prompts and answers",
    fact: "content",
    unit: "model calls",
    items: ofCalls(saysSomething),
  },
  {
    name: "final answer",
    fact: "content",
    unit: "runs",
    items: ofRun(
      (run) => run.output.value !== null,
      (run) => run.error === null,
    ),
  },
  {
    name: "tool arguments",
    fact: "toolArguments",
    unit: "tool calls",
    items: ofTools(
      (call) => call.args.value !== null,
      () => true,
    ),
  },
  {
    name: "tool results",
    fact: "toolResults",
    unit: "tool calls",
    items: ofTools(
      (call) => call.result.value !== null,
      (call) => call.executed && call.failure === null,
    ),
  },
  {
    name: "documents",
    fact: "documents",
    unit: "retrievals",
    items: (run) =>
      run.retrievals.map(({ spanIds, documents }) => ({
        spanIds,
        traceIds: run.traceIds,
        have: documents !== null,
      })),
  },
  {
    name: "citations can be checked",
    fact: "citations",
    unit: "runs",
    items: ofRun(canBeChecked, (run) => run.retrievals.length > 0 && run.error === null),
  },
  { name: "agent names", fact: "agentNames", unit: "runs", items: ofRun(namesAgent) },
  { name: "session", fact: "session", unit: "runs", items: ofRun((run) => run.session !== null) },
  { name: "user", fact: "user", unit: "runs", items: ofRun((run) => run.user !== null) },
  {
    name: "environment",
    fact: "environment",
    unit: "runs",
    items: ofRun((run) => run.environment !== "default"),
  },
  {
    name: "service version",
    fact: "serviceVersion",
    unit: "runs",
    items: ofRun(tellsRelease),
  },
  {
    name: "model answered",
    fact: "modelAnswered",
    unit: "model calls",
    items: ofCalls((call) => call.modelAnswered !== null),
  },
  {
    name: "model build",
    fact: "modelBuild",
    unit: "model calls",
    items: ofCalls((call) => call.modelBuild !== null),
  },
  {
    name: "token usage",
    fact: "tokenUsage",
    unit: "model calls",
    items: ofCalls(({ usage }) => usage.in !== undefined || usage.out !== undefined),
  },
  {
    name: "logprobs",
    fact: "logprobs",
    unit: "model calls",
    items: ofCalls((call) => call.logprobs.value !== null),
  },
];

/** Every fact over some runs, in the order in which a person asks for it. Of their spans, those of a known framework count. */
export function presenceIn(
  runs: readonly Run[],
  spans: Iterable<Span>,
  owners: Owners,
): readonly Presence[] {
  const sent: Sent = {
    spans: new Map([...spans].map((span) => [span.spanId, span])),
    senders: owners.byTrace,
  };
  return rows.map(({ items, ...row }) => ({
    ...row,
    items: runs.flatMap((run) => items(run, sent)),
  }));
}
