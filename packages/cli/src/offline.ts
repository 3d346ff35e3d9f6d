import { readFile } from "node:fs/promises";
import { z } from "zod";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import { ChangeInput } from "@rootward/pipeline/model/change";
import type { Change } from "@rootward/pipeline/model/change";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { Ruling } from "@rootward/pipeline/model/ruling";
import type { TimeWindow } from "@rootward/pipeline/model/time";
import { dayMs } from "@rootward/pipeline/model/time";
import { loadConfig } from "./config.ts";
import { messageOf, OperatorError } from "./output.ts";
import { readPaths } from "./read-paths.ts";

export interface OfflineOptions {
  /** A JSON file of changes. */
  readonly changes?: string;
  readonly baseline?: TimeWindow;
  readonly config?: string;
  /** A JSON file of rulings, as `rootward confirm --list --json` prints them. */
  readonly rulings?: string;
}

/**
 * A diagnosis from OTLP bodies alone. The week that a baseline must span in a server is waived, with a warning.
 *
 * @throws OperatorError  a path that is missing or holds no run, a changes file that cannot be read
 */
export async function diagnosePaths(
  paths: readonly string[],
  options: OfflineOptions,
): Promise<{
  readonly diagnosis: Diagnosis;
  readonly runs: readonly RunDigest[];
  readonly warnings: readonly string[];
}> {
  const told = options.changes === undefined ? [] : await readChanges(options.changes);
  const rulings = options.rulings === undefined ? [] : await readRulings(options.rulings);
  const { runs, texts, warnings } = await readPaths(paths, options.config);
  const diagnosis = diagnoseRuns({
    runs,
    told,
    texts,
    rulings,
    options: {
      baselineWindow: options.baseline ?? null,
      needsDays: false,
      causes: loadConfig(options.config).config.causes ?? [],
    },
  });
  return { diagnosis, runs, warnings };
}

/**
 * Changes as a JSON array, or one JSON object a line.
 *
 * @throws OperatorError  naming the file, the entry and what is accepted
 */
async function readChanges(file: string): Promise<readonly Change[]> {
  return await readEntries(ChangeInput, {
    file,
    what: "change",
    form: '{"at", "kind", "title", …}',
  });
}

/** Rulings as a JSON array, or one JSON object a line. @throws OperatorError  as `readChanges` */
async function readRulings(file: string): Promise<readonly Ruling[]> {
  return await readEntries(Ruling, {
    file,
    what: "ruling",
    form: "rulings, as rootward confirm --list --json prints them",
  });
}

interface Entries {
  readonly file: string;
  readonly what: string;
  readonly form: string;
}

async function readEntries<T extends z.ZodType>(
  schema: T,
  { file, what, form }: Entries,
): Promise<readonly z.output<T>[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new OperatorError(`cannot read the ${what}s ${file}: ${messageOf(error)}`, 1, {
      cause: error,
    });
  }
  return parseJson(file, text, form).map((entry, index) => {
    const parsed = schema.safeParse(entry);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue ? issue.path.join(".") || "the entry" : "the entry";
    throw new OperatorError(
      `${file}: entry ${index + 1}: ${where}: ${issue?.message ?? `is not a ${what}`}`,
    );
  });
}

function parseJson(file: string, text: string, form: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return z.array(z.unknown()).parse(Array.isArray(value) ? value : [value]);
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    try {
      return lines.map((line): unknown => JSON.parse(line));
    } catch {
      throw new OperatorError(
        `${file} is not JSON (${messageOf(error)}); expected an array of ${form}`,
        1,
        { cause: error },
      );
    }
  }
}

/**
 * `START..END`, each a day or a time with its offset; a day as END is included.
 *
 * @throws OperatorError  exit code 2, naming what was given and what is accepted
 */
export function parseBaseline(text: string): TimeWindow {
  const [start, end, ...more] = text.split("..");
  const window = { start: timeOf(start), end: timeOf(end, { endOfDay: true }) };
  if (more.length > 0 || Number.isNaN(window.start) || Number.isNaN(window.end)) {
    throw new OperatorError(
      `--baseline is "${text}"; expected START..END, each a day (2026-10-01) or a time (2026-10-01T08:00:00Z)`,
      2,
    );
  }
  if (window.start >= window.end) {
    throw new OperatorError(`--baseline is "${text}"; its start is not before its end`, 2);
  }
  return window;
}

function timeOf(text: string | undefined, { endOfDay = false } = {}): number {
  if (text === undefined) return Number.NaN;
  if (z.iso.date().safeParse(text).success) return Date.parse(text) + (endOfDay ? dayMs : 0);
  return z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : Number.NaN;
}
