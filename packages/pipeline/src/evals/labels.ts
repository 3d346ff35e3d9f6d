import { Label } from "../model/label.ts";
import { parseYaml } from "./yaml.ts";

/** Read labels, or everything that is wrong with them, each `file:line:column: what`. */
export type ParsedLabels =
  | { readonly ok: true; readonly value: readonly Label[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Reads `evals/rubrics/<rubric>.labels.jsonl`: a label on each line; empty lines are passed over.
 *
 * @param file  the name that errors begin with
 * @returns no labels for an empty file; an id that stands twice is an error
 */
export function readLabels(text: string, file: string): ParsedLabels {
  const labels: Label[] = [];
  const errors: string[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const number = index + 1;
    const read = readLine(line, `${file}:${number}`);
    if (!read.ok) errors.push(...read.errors);
    else {
      const first = lineOf.get(read.value.id);
      if (first === undefined) labels.push(read.value);
      else
        errors.push(
          `${file}:${number}:1: label ${read.value.id} stands on line ${first} too; accepted: each id once`,
        );
      lineOf.set(read.value.id, first ?? number);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: labels };
}

type ReadLine =
  | { readonly ok: true; readonly value: Label }
  | { readonly ok: false; readonly errors: readonly string[] };

/** @param place  `file:line` */
function readLine(line: string, place: string): ReadLine {
  let written: unknown;
  try {
    written = JSON.parse(line);
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    const shown = JSON.stringify(line.trim().slice(0, 60));
    return {
      ok: false,
      errors: [
        `${place}:${Number(at ?? 0) + 1}: ${shown} is no JSON; accepted: one label as a JSON object`,
      ],
    };
  }
  const parsed = Label.safeParse(written);
  if (parsed.success) return { ok: true, value: parsed.data };
  // JSON is YAML: read as that, each error has its column.
  const placed = parseYaml(line, "", Label);
  return {
    ok: false,
    errors: placed.ok
      ? [`${place}:1: is no label`]
      : placed.errors.map((error) => `${place}${error.replace(/^:\d+/, "")}`),
  };
}

/** The text of a file of labels, as `readLabels` takes it. */
export function writeLabels(labels: readonly Label[]): string {
  return labels.map((label) => `${JSON.stringify(label)}\n`).join("");
}
