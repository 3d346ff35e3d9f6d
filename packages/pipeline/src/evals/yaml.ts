import { LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";

export type YamlPath = readonly (string | number)[];

/** A YAML text checked against a schema, or every reason why not, each `file:line:column: what`. */
export type ParsedYaml<T> =
  | { readonly ok: true; readonly value: T; readonly lineOf: (path: YamlPath) => number | null }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Parses one YAML 1.2 document against a zod schema. Dates stay strings.
 *
 * @param file  the name that errors begin with
 * @returns the value with a function from a path to its line, or all errors; an unknown key, a duplicate key and a wrong value each
 *          name file, line, column, the key, the value received and what is accepted
 */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): ParsedYaml<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      ok: false,
      errors: document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${file}:${line}:${col}: ${firstLine(error.message)}`;
      }),
    };
  }
  const result = schema.safeParse(document.toJS() ?? {});
  if (!result.success) {
    const where = (path: YamlPath) => placeOf(document, lines, path);
    return {
      ok: false,
      errors: result.error.issues.flatMap((issue) => describe(issue, file, where, document)),
    };
  }
  return {
    ok: true,
    value: result.data,
    lineOf: (path) => placeOf(document, lines, path)?.line ?? null,
  };
}

interface Place {
  readonly line: number;
  readonly col: number;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** The place of a path, or of the nearest node above it that exists. */
function placeOf(document: Document, lines: LineCounter, path: YamlPath): Place | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown =
      length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
      const start: unknown = node.range[0];
      if (typeof start === "number") return lines.linePos(start);
    }
  }
  return null;
}

function describe(
  issue: z.core.$ZodIssue,
  file: string,
  where: (path: YamlPath) => Place | null,
  document: Document,
): string[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      at(file, where([...path, key]), `unknown key "${key}"${inside(path)}`),
    );
  }
  if (
    issue.code === "invalid_union" &&
    "discriminator" in issue &&
    typeof issue.discriminator === "string"
  ) {
    const name = issue.discriminator;
    const seen: unknown = document.getIn([...path, name]);
    return [
      at(
        file,
        where([...path, name]),
        `unknown ${name} ${JSON.stringify(seen ?? null)}${inside(path)}`,
      ),
    ];
  }
  const seen: unknown = path.length > 0 ? document.getIn(path) : undefined;
  const value = isPlain(seen) ? `, received ${JSON.stringify(seen)}` : "";
  const key = path.length > 0 ? `${path.join(".")}: ` : "";
  return [at(file, where(path), `${key}${firstLine(issue.message)}${value}`)];
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function inside(path: YamlPath): string {
  return path.length > 0 ? ` in ${path.join(".")}` : "";
}

function at(file: string, place: Place | null, text: string): string {
  return `${file}:${place?.line ?? 1}:${place?.col ?? 1}: ${text}`;
}
