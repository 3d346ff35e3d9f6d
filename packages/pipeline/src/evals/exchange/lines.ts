import { isObject } from "../pointer.ts";

/** An object on a line of its own. */
export interface Line {
  /** `file:line` */
  readonly place: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The objects of JSON lines, and what is no object, each with its line. Empty lines are passed over. */
export function linesOf(
  text: string,
  file: string,
): { readonly lines: readonly Line[]; readonly errors: readonly string[] } {
  const lines: Line[] = [];
  const errors: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const place = `${file}:${index + 1}`;
    const value = parsed(line);
    if (isObject(value)) lines.push({ place, value });
    else
      errors.push(
        `${place}: ${JSON.stringify(line.trim().slice(0, 60))} is no JSON object; accepted: one on each line`,
      );
  }
  if (lines.length === 0 && errors.length === 0)
    errors.push(`${file}:1: the file is empty; accepted: one JSON object on each line`);
  return { lines, errors };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
