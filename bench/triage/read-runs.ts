import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** One entry of a labelled trajectory. `step` is 0-based; several entries may share one. */
export interface Entry {
  readonly step: number;
  readonly agent: string;
  readonly kind: string;
  readonly tool: string | null;
  readonly args: unknown;
  readonly result: unknown;
  readonly error: boolean;
  readonly text: string;
}

/** A labelled trajectory whose outcome is known. */
export interface Labelled {
  readonly file: string;
  readonly id: string;
  /** Runs of one task share it: cross-validation never splits them. */
  readonly task: string;
  readonly entries: readonly Entry[];
  /** Whether the task was missed: `label.reward` below 1. */
  readonly failed: boolean;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function entryOf(value: unknown, where: string): Entry {
  if (!isRecord(value) || typeof value["kind"] !== "string") {
    throw new Error(`${where}: an event needs a kind; got ${JSON.stringify(value)?.slice(0, 80)}`);
  }
  const { step, agent, kind, tool, args, result, error } = value;
  return {
    step: typeof step === "number" ? step : 0,
    agent: text(agent),
    kind: text(kind),
    tool: typeof tool === "string" ? tool : null,
    args: args ?? null,
    result: result ?? null,
    error: error === true,
    text: text(value["text"]),
  };
}

/**
 * The runs of a file of trajectories, one JSON object a line, gzipped or not: `{id, key, events, label: {reward}}`.
 *
 * @returns those with an outcome; how many have none
 * @throws Error  naming file and line where a line is not such a run
 */
export function readRuns(file: string): {
  readonly runs: readonly Labelled[];
  readonly without: number;
} {
  const bytes = readFileSync(file);
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const lines = (isZipped ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
  const runs: Labelled[] = [];
  let without = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const where = `${file}:${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new Error(`${where}: not JSON`, { cause: error });
    }
    if (!isRecord(value) || !Array.isArray(value["events"])) {
      throw new Error(`${where}: a run needs a list of events`);
    }
    const reward = isRecord(value["label"]) ? value["label"]["reward"] : undefined;
    if (typeof reward !== "number") {
      without += 1;
      continue;
    }
    const id = text(value["id"]) || `${index + 1}`;
    const key = value["key"];
    runs.push({
      file,
      id,
      task: typeof key === "string" || typeof key === "number" ? String(key) : id,
      entries: value["events"].map((event) => entryOf(event, where)),
      failed: reward < 1,
    });
  }
  return { runs, without };
}
