import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { TrailEvent, TrailKind } from "@rootward/pipeline/rank/event";

/** A run with the step that people called its origin. */
export interface LabelledRun {
  readonly id: string;
  /** The task; runs of one task are never on both sides of a fold. */
  readonly key: string;
  readonly task: string | null;
  readonly events: readonly TrailEvent[];
  /** Null where only the outcome is known. */
  readonly step: number | null;
  readonly agent: string | null;
}

const kinds = [
  "plan",
  "llm",
  "tool_call",
  "tool_result",
  "retrieval",
  "handoff",
  "final",
  "user",
  "system",
] as const satisfies readonly TrailKind[];

/** A file that cannot be read, said with file, line, field and what is accepted. */
export class FileError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function need(fields: Fields, name: string, accepted: string, is: (value: unknown) => boolean) {
  const value = fields[name];
  if (!is(value)) throw new FileError(`${name} is ${shown(value)}; accepted: ${accepted}`);
  return value;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNone = (value: unknown): boolean =>
  value === null || value === undefined || isText(value);
const isStep = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isKind = (value: unknown): value is TrailKind => kinds.some((kind) => kind === value);

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function eventOf(value: unknown, index: number): TrailEvent {
  if (!isFields(value))
    throw new FileError(`events[${index}] is ${shown(value)}; accepted: an object`);
  try {
    const kind = value["kind"];
    if (!isKind(kind)) throw new FileError(`kind is ${shown(kind)}; accepted: ${kinds.join(", ")}`);
    need(value, "agent", "a text or null", isTextOrNone);
    need(value, "tool", "a text or null", isTextOrNone);
    need(value, "result", "a text or null", isTextOrNone);
    need(value, "text", "a text", isTextOrNone);
    need(value, "error", "true or false", (is) => is === undefined || typeof is === "boolean");
    return {
      step: Number(need(value, "step", "a whole number from 0", isStep)),
      agent: textOrNull(value["agent"]),
      kind,
      tool: textOrNull(value["tool"]),
      args: value["args"] ?? null,
      result: textOrNull(value["result"]),
      error: value["error"] === true,
      text: textOrNull(value["text"]) ?? "",
    };
  } catch (error) {
    if (error instanceof FileError) throw new FileError(`events[${index}].${error.message}`);
    throw error;
  }
}

function runOf(value: unknown): LabelledRun {
  if (!isFields(value)) throw new FileError(`the line is ${shown(value)}; accepted: an object`);
  const list = value["events"];
  if (!Array.isArray(list) || list.length === 0)
    throw new FileError(`events is ${shown(list)}; accepted: a list of at least one event`);
  const events = list.map(eventOf);
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]?.step ?? 0;
    if (event.step < before)
      throw new FileError(
        `events[${index}].step is ${event.step} after ${before}; accepted: steps that never fall`,
      );
  }
  const label = value["label"];
  if (!isFields(label)) throw new FileError(`label is ${shown(label)}; accepted: an object`);
  const step = label["step"];
  if (step !== undefined && step !== null && !isStep(step))
    throw new FileError(`label.step is ${shown(step)}; accepted: a whole number from 0, or none`);
  return {
    id: String(need(value, "id", "a text", isText)),
    key: String(need(value, "key", "a text", isText)),
    task: textOrNull(need(value, "task", "a text or null", isTextOrNone)) || null,
    events,
    step: typeof step === "number" ? step : null,
    agent: textOrNull(label["agent"]),
  };
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new FileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Reads labelled runs, one JSON object a line, gzipped where the name ends in `.gz`.
 *
 * @throws FileError  with file, line, field, value and what is accepted
 */
export function readRuns(path: string): readonly LabelledRun[] {
  const runs: LabelledRun[] = [];
  const ids = new Set<string>();
  for (const [index, line] of textOf(path).split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      const run = runOf(JSON.parse(line));
      if (ids.has(run.id))
        throw new FileError(`id ${shown(run.id)} stands twice; accepted: each once`);
      ids.add(run.id);
      runs.push(run);
    } catch (error) {
      if (error instanceof FileError || error instanceof SyntaxError)
        throw new FileError(`${path}:${index + 1}: ${error.message}`);
      throw error;
    }
  }
  if (runs.length === 0)
    throw new FileError(`${path}: no run in it; accepted: one JSON object a line`);
  return runs;
}
