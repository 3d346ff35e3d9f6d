import { isFailed } from "../model/run.ts";
import type { Doc, Known, Message, Retrieval } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { documentsIn, foundNothing, retrievedIn } from "./documents.ts";
import { find } from "./fields.ts";
import { textIn } from "./messages.ts";
import { parse } from "./parse.ts";
import { actorOf, ancestors } from "./steps.ts";
import type { Step } from "./steps.ts";
import type { ToolRead } from "./tools.ts";
import { isRecord, numberOf, plainOf, textOf } from "./value.ts";

/** A retrieval with its place in time. */
export interface RetrievalRead {
  readonly retrieval: Retrieval;
  readonly nanos: bigint;
}

/** Documents that vector databases report as events of their span. */
function eventDocuments(step: Step): readonly Doc[] | null {
  const events = step.span.events.filter((event) => event.name === "db.query.result");
  if (events.length === 0) return null;
  return events.map((event) => {
    const read = (key: string): unknown => plainOf(event.attributes.get(`db.query.result.${key}`));
    return {
      id: textOf(read("id")),
      altIds: [],
      score: numberOf(read("score")) ?? numberOf(read("distance")),
      text: textOf(read("document")),
    };
  });
}

function spanDocuments(step: Step): readonly Doc[] | null {
  const found = find(step.span, "documents", (value) => retrievedIn(value) !== null);
  return eventDocuments(step) ?? (found === null ? countZero(step) : retrievedIn(found.value));
}

/** `count: 0` and an empty list in any form say that nothing was found. */
function countZero(step: Step): readonly Doc[] | null {
  const empty = ["retrieval.documents", "output.value"].some((key) => {
    const value = plainOf(step.span.attributes.get(key));
    return (
      (Array.isArray(value) && value.length === 0) || value === "[]" || value === '{"documents":[]}'
    );
  });
  return empty ? [] : null;
}

function queryOf(step: Step): Known<string> {
  for (const at of [step, ...ancestors(step).slice(0, 1)]) {
    const found = find(at.span, "query");
    const value = found === null ? null : parse(found.value).value;
    const text = textOf(
      isRecord(value)
        ? (value["query"] ?? value["question"] ?? value["input"] ?? value["text"])
        : value,
    );
    if (found !== null && text !== null && !/^\[?-?\d\.\d/.test(text))
      return { value: text, source: found.source };
  }
  return { value: null, why: "absent" };
}

function sameDocuments(a: readonly Doc[] | null, b: readonly Doc[] | null): boolean {
  if (a === null || b === null) return true;
  return (
    a.length === b.length &&
    a.every((doc, index) => doc.id === b[index]?.id || doc.text === b[index]?.text)
  );
}

/** Retrieval steps; nested ones with the same documents are one. */
function spanRetrievals(
  steps: readonly Step[],
  tools: readonly ToolRead[],
): readonly RetrievalRead[] {
  const found: { retrieval: Retrieval; nanos: bigint; step: Step }[] = [];
  for (const step of steps) {
    if (step.kind !== "retrieval") continue;
    const documents = spanDocuments(step);
    const above = ancestors(step);
    const outer = found.find(
      (one) => above.includes(one.step) && sameDocuments(one.retrieval.documents, documents),
    );
    if (outer !== undefined) {
      const merged = better(outer.retrieval.documents, documents);
      outer.retrieval = {
        ...outer.retrieval,
        documents: merged,
        spanIds: [...outer.retrieval.spanIds, step.span.spanId],
      };
      continue;
    }
    const tool = tools.find((read) => read.steps.some((one) => above.includes(one)));
    const source = find(step.span, "index")?.value;
    const retrieval: Retrieval = {
      id: step.span.spanId,
      seq: 0,
      agent: actorOf(step),
      spanIds: [step.span.spanId],
      toolCallId: tool?.call.id ?? null,
      dataSource: textOf(source),
      query: queryOf(step),
      topK: numberOf(find(step.span, "topK")?.value),
      documents,
      from: "retrieval_span",
    };
    found.push({ retrieval, nanos: step.span.startNanos, step });
  }
  return found;
}

function better(a: readonly Doc[] | null, b: readonly Doc[] | null): readonly Doc[] | null {
  if (a === null || b === null) return a ?? b;
  const texts = (docs: readonly Doc[]): number =>
    docs.filter((doc) => doc.text !== null && doc.id !== null).length;
  return texts(b) > texts(a) ? b : a;
}

/** What asks a search: the longest text among the arguments. */
function queryText(args: unknown): string | null {
  if (typeof args === "string") return args;
  if (!isRecord(args)) return null;
  const texts = Object.values(args).filter((value): value is string => typeof value === "string");
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

function toolRetrieval(read: ToolRead, isRetriever: boolean): RetrievalRead | null {
  const { call } = read;
  if (call.role === "handoff") return null;
  const failed = isFailed(call);
  const shown = failed || call.result.value === null ? null : documentsIn(call.result.value);
  const documents = shown ?? (isRetriever && foundNothing(call.result.value) ? [] : null);
  const isEmptyText = call.outcome === "empty" && typeof call.result.value === "string";
  if (documents === null && !isRetriever && !isEmptyText) return null;
  if (failed) return null;
  const query = queryText(call.args.value);
  const retrieval: Retrieval = {
    id: call.id,
    seq: 0,
    agent: call.agent,
    spanIds: call.spanIds,
    toolCallId: call.id,
    dataSource: null,
    query:
      query === null || !("source" in call.args)
        ? { value: null, why: "absent" }
        : { value: query, source: call.args.source },
    topK: isRecord(call.args.value)
      ? numberOf(call.args.value["top_k"] ?? call.args.value["k"] ?? call.args.value["limit"])
      : null,
    documents: documents ?? (call.outcome === "empty" ? [] : single(call.result.value)),
    from: "tool_result",
  };
  return { retrieval, nanos: read.nanos };
}

/** The one document that a declared retriever returned without a list around it. */
function single(result: unknown): readonly Doc[] | null {
  if (!isRecord(result)) return null;
  return documentsIn([result]);
}

/** `[POL-12] text`, `POL-12: text`, `doc_id: POL-12` at the beginning of a line, or the items of a JSON list. */
const contextLine =
  /^[^\S\n]*(?:[-*•]\s*|\d+[.)]\s+)?(?:\[([^[\]\n]{2,200})\]|\(([^)\n]{2,60})\)|(?:doc(?:ument)?_?\s?id|id|source)\s*[:=]\s*"?([^\n"]{2,60}?)"?(?=\n|$|,|\s\|)|([A-Z]{2,}[-_/ ]?\d[\w-]*)\s*[:—–-]|[«"'<]?((?:https?:\/\/|[\w.-]+\/)[^\s|»"'>]{2,200})\s*\|)\s*(.*)$/gim;

/** From the first `[{` of a text to its last `}]`; null without them. Not by one pattern: that takes the square of a text of openings. */
function listedIn(text: string): string | null {
  const start = /\[\s*\{/.exec(text);
  if (start === null) return null;
  const first = start.index + start[0].length;
  for (let end = text.lastIndexOf("]"); end >= first; end = text.lastIndexOf("]", end - 1)) {
    let before = end - 1;
    while (before >= first && /\s/.test(text.charAt(before))) before -= 1;
    if (before >= first && text.charAt(before) === "}") return text.slice(start.index, end + 1);
  }
  return null;
}

function contextDocuments(text: string): readonly Doc[] {
  const json = listedIn(text);
  const listed = json === null ? null : documentsIn(json);
  if (listed !== null && listed.length > 0) return listed;
  const docs: Doc[] = [];
  const led = [...text.matchAll(contextLine)];
  for (const match of led) {
    const id = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? "").trim();
    // A name without a number leads a document only where several do, each before a text; an address always does.
    const isCode = /\d|:\/\/|\.\w{2,4}$|\w\/\w/.test(id);
    const isTitle = match[1] !== undefined && led.length > 1 && (match[6]?.length ?? 0) >= 20;
    if ((isCode || isTitle) && !docs.some((doc) => doc.id === id)) {
      docs.push({
        id,
        altIds: [],
        score: null,
        text: match[6]?.trim() || text.slice(match.index, match.index + 400),
      });
    }
  }
  return docs;
}

const emptyContext =
  /(context|documents?|sources?|references?|passages?|excerpts?|articles?|retrieved)\b[^\n:]{0,40}:\s*(\n\s*){0,2}(\(?(none|no documents|nothing|empty|\[\]|no results)[^\n]{0,20}|(?=question|user|query|$))/i;
const contextNames = ["context", "references", "documents", "sources"] as const;

/** What stands in the first `<context>…</context>` of a text, or in one of the other names; null without any. */
function quotedContext(text: string): string | null {
  const lower = text.toLowerCase();
  let first = lower.length;
  let content: string | null = null;
  for (const name of contextNames) {
    const start = lower.indexOf(`<${name}>`);
    const end = start < 0 ? -1 : lower.indexOf(`</${name}>`, start);
    if (end < 0 || start >= first) continue;
    first = start;
    content = lower.slice(start + name.length + 2, end);
  }
  return content;
}

/** Documents that a pipeline or framework put into the prompt of the first model call; null where the prompt shows no context. */
function promptDocuments(messages: readonly Message[]): readonly Doc[] | null {
  const texts = messages
    .filter((message) => message.role === "user" || message.role === "system")
    .map(textIn);
  const found = texts.flatMap(contextDocuments);
  if (found.length > 0) return found;
  const empty = texts.some((text) => quotedContext(text)?.trim() === "" || emptyContext.test(text));
  return empty ? [] : null;
}

function promptRetrieval(calls: readonly ReadCall[]): RetrievalRead | null {
  const first = calls.find((call) => call.input.length > 0);
  if (first === undefined) return null;
  const documents = promptDocuments(first.input);
  if (documents === null) return null;
  return {
    nanos: first.startNanos,
    retrieval: {
      id: `${first.spanId}/prompt`,
      seq: 0,
      agent: first.agent,
      spanIds: [first.spanId],
      toolCallId: null,
      dataSource: null,
      query: { value: null, why: "absent" },
      topK: null,
      documents,
      from: "prompt_context",
    },
  };
}

/**
 * The retrievals of a run: retrieval spans; else results of tools that are retrievers by declaration or by the shape of what they
 * return; else the documents in the prompt of a pipeline.
 *
 * @param retrievers names of tools that the workflow's settings call retrievers
 * @source conventions.md 3.2
 */
export function retrievalsOf(
  steps: readonly Step[],
  calls: readonly ReadCall[],
  tools: readonly ToolRead[],
  retrievers: readonly string[],
): readonly RetrievalRead[] {
  const spans = spanRetrievals(steps, tools);
  const covered = new Set(
    spans.filter((one) => one.retrieval.documents !== null).map((one) => one.retrieval.toolCallId),
  );
  const byTool = tools
    .filter((read) => !covered.has(read.call.id))
    .map((read) => toolRetrieval(read, retrievers.includes(read.call.name)))
    .filter((read) => read !== null);
  const visible = new Set(byTool.map((one) => one.retrieval.toolCallId));
  const kept = spans.filter(
    (one) =>
      one.retrieval.documents !== null ||
      !visible.has(one.retrieval.toolCallId) ||
      one.retrieval.toolCallId === null,
  );
  const found = [...kept, ...byTool];
  const inPrompt =
    found.some((one) => one.retrieval.documents !== null) || tools.length > 0
      ? null
      : promptRetrieval(calls);
  const all =
    inPrompt === null
      ? found
      : [...found.filter((one) => one.retrieval.documents !== null), inPrompt];
  return all.toSorted((a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0));
}
