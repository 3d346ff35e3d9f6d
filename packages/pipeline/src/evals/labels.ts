import { Label } from "../model/label.ts";
import { filledLines, readJsonLine } from "./json-lines.ts";

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
  for (const { line, number } of filledLines(text)) {
    const read = readJsonLine(line, `${file}:${number}`, { schema: Label, what: "label" });
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

/** The text of a file of labels, as `readLabels` takes it. */
export function writeLabels(labels: readonly Label[]): string {
  return labels.map((label) => `${JSON.stringify(label)}\n`).join("");
}
