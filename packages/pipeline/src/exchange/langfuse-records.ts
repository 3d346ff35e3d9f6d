import { isObject, member } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { textIn } from "./exchange.ts";
import type { Building } from "./exchange.ts";

/** What an export holds of one trace, from however many files and pages. */
export interface LangfuseTrace {
  readonly id: string;
  /** null: only observations of it were exported. */
  trace: Json | null;
  /** By id, so that what two files hold is read once. */
  readonly observations: Map<string, Json>;
  readonly scores: Map<string, Json>;
}

function isObservation(value: Json): boolean {
  return (
    textIn(value, "traceId") !== null &&
    textIn(value, "type") !== null &&
    member(value, "startTime") !== undefined
  );
}

/** Marks of a trace that no other product's records have together with `id` and `timestamp`. */
const traceMarks = [
  "observations",
  "sessionId",
  "userId",
  "release",
  "htmlPath",
  "bookmarked",
  "public",
];

function isTrace(value: Json): boolean {
  return (
    textIn(value, "id") !== null &&
    member(value, "timestamp") !== undefined &&
    member(value, "traceId") === undefined &&
    traceMarks.some((name) => member(value, name) !== undefined)
  );
}

function isScore(value: Json): boolean {
  return (
    textIn(value, "traceId") !== null &&
    textIn(value, "name") !== null &&
    (member(value, "dataType") !== undefined || member(value, "source") !== undefined)
  );
}

/** The records in a value: a page of the API (`{data, meta}`), a list, `{trace, observations}`, or one record. */
function entriesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [value];
  if (Array.isArray(value["data"])) return value["data"];
  if (isObject(value["trace"]) && !isTrace(value)) {
    const parts = ["observations", "scores"].map((name) => value[name]);
    return [value["trace"], ...parts.flatMap((part) => (Array.isArray(part) ? part : []))];
  }
  return [value];
}

/** Whether a value holds traces, observations or scores of Langfuse. */
export function isLangfuse(value: unknown): boolean {
  const entries = entriesOf(value);
  return (
    entries.length > 0 &&
    entries.every(
      (entry) => isObject(entry) && (isObservation(entry) || isTrace(entry) || isScore(entry)),
    )
  );
}

/** Collects records by trace; one that is none of a trace, an observation or a score is refused. */
export function collect(
  into: Building,
  traces: Map<string, LangfuseTrace>,
  value: unknown,
  at: string,
): void {
  for (const [index, entry] of entriesOf(value).entries()) {
    if (isObject(entry) && place(traces, entry)) continue;
    const reason = "it is no trace, observation or score of Langfuse";
    into.refused.push({ reason, at: `${at}[${index}]` });
  }
}

function of(traces: Map<string, LangfuseTrace>, id: string): LangfuseTrace {
  const found = traces.get(id) ?? { id, trace: null, observations: new Map(), scores: new Map() };
  traces.set(id, found);
  return found;
}

function place(traces: Map<string, LangfuseTrace>, entry: Json): boolean {
  const id = textIn(entry, "id");
  const traceId = textIn(entry, "traceId");
  if (traceId !== null && isObservation(entry)) {
    of(traces, traceId).observations.set(id ?? JSON.stringify(entry), entry);
    return true;
  }
  if (traceId !== null && isScore(entry)) {
    of(traces, traceId).scores.set(id ?? JSON.stringify(entry), entry);
    return true;
  }
  if (id === null || !isTrace(entry)) return false;
  const trace = of(traces, id);
  trace.trace = entry;
  const parts = [member(entry, "observations"), member(entry, "scores")].flatMap((part) =>
    Array.isArray(part) ? part : [],
  );
  // A list of the API holds ids here; what they stand for comes as records of its own.
  for (const part of parts) if (isObject(part)) place(traces, { traceId: id, ...part });
  return true;
}
