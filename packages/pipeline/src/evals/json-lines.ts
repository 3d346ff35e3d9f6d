import type { z } from "zod";
import { parseYaml } from "./yaml.ts";

/** A line of a JSONL file that was read, or everything that is wrong with it, each `file:line:column: what`. */
export type ReadLine<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly string[] };

interface Form<T> {
  readonly schema: z.ZodType<T>;
  /** What a line holds, for messages: "label". */
  readonly what: string;
}

/** Reads one line of a JSONL file. @param place  `file:line` */
export function readJsonLine<T>(
  line: string,
  place: string,
  { schema, what }: Form<T>,
): ReadLine<T> {
  let written: unknown;
  try {
    written = JSON.parse(line);
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    const shown = JSON.stringify(line.trim().slice(0, 60));
    const why = `${shown} is no JSON; accepted: one ${what} as a JSON object`;
    return { ok: false, errors: [`${place}:${Number(at ?? 0) + 1}: ${why}`] };
  }
  const parsed = schema.safeParse(written);
  if (parsed.success) return { ok: true, value: parsed.data };
  // JSON is YAML: read as that, each error has its column.
  const placed = parseYaml(line, "", schema);
  return {
    ok: false,
    errors: placed.ok
      ? [`${place}:1: is no ${what}`]
      : placed.errors.map((error) => `${place}${error.replace(/^:\d+/, "")}`),
  };
}

/** The lines of a JSONL file that hold something, with their numbers. */
export function filledLines(
  text: string,
): readonly { readonly line: string; readonly number: number }[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "");
}
