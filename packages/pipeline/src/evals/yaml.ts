import { isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, ErrorCode } from "yaml";
import type { z } from "zod";
import { acceptedBy } from "./accepted.ts";
import type { Accepted } from "./accepted.ts";

export type YamlPath = readonly (string | number)[];

/** A YAML text checked against a schema, or every reason why not, each `file:line:column: what`. */
export type ParsedYaml<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly lineOf: (path: YamlPath) => number | null;
      /** `line:column` of a path, or of the nearest node above it that exists. */
      readonly placeOf: (path: YamlPath) => string;
    }
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
        return `${file}:${line}:${col}: ${syntaxError(error.code, error.message, document, error.pos[0])}`;
      }),
    };
  }
  const plain = valueOf(document);
  if (!plain.ok) {
    const { line, col } = lines.linePos(plain.at);
    return { ok: false, errors: [`${file}:${line}:${col}: ${plain.why}`] };
  }
  const written = plain.value;
  const result = schema.safeParse(written);
  if (!result.success) {
    const source: Source = { file, document, lines, accepted: acceptedBy(schema, written) };
    return { ok: false, errors: result.error.issues.flatMap((issue) => describe(issue, source)) };
  }
  return {
    ok: true,
    value: result.data,
    lineOf: (path) => placeOf(document, lines, path)?.line ?? null,
    placeOf: (path) => {
      const { line, col } = placeOf(document, lines, path) ?? { line: 1, col: 1 };
      return `${line}:${col}`;
    },
  };
}

type Plain =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly at: number; readonly why: string };

/** The document's value; an alias without its anchor, or aliases that multiply without end, are errors at the first alias concerned. */
function valueOf(document: Document): Plain {
  try {
    const value: unknown = document.toJS() ?? {};
    return { ok: true, value };
  } catch (error) {
    const aliases: { readonly source: string; readonly at: number }[] = [];
    visit(document, {
      Alias: (_, { source, range }) => void aliases.push({ source, at: range?.[0] ?? 0 }),
    });
    const why = firstLine(error instanceof Error ? error.message : String(error));
    const named = aliases.find(({ source }) => why.endsWith(`: ${source}`)) ?? aliases[0];
    return { ok: false, at: named?.at ?? 0, why };
  }
}

interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly accepted: Accepted;
}

interface Place {
  readonly line: number;
  readonly col: number;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** The library's own message, without the place that stands before it already. */
function syntaxError(code: ErrorCode, message: string, document: Document, at: number): string {
  const plain = firstLine(message).replace(/ at line \d+, column \d+:?$/, "");
  if (code !== "DUPLICATE_KEY") return plain;
  const keys: string[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (isScalar(pair.key) && pair.key.range?.[0] === at) keys.push(String(pair.key.value));
    },
  });
  return keys.length === 0 ? plain : `key "${keys.join()}" is given twice; once is accepted`;
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

/** The place of a key itself, where `placeOf` gives that of its value. */
function placeOfKey({ document, lines }: Source, path: YamlPath, key: string): Place | null {
  const map: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  let place: Place | null = null;
  if (typeof map !== "object" || map === null || !("items" in map) || isSeq(map)) return place;
  for (const pair of Array.isArray(map.items) ? map.items : []) {
    const name: unknown = pair.key;
    if (isScalar(name) && String(name.value) === key && name.range)
      place = lines.linePos(name.range[0]);
  }
  return place;
}

function describe(issue: z.core.$ZodIssue, source: Source): string[] {
  const { document, lines, accepted } = source;
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      at(
        source,
        placeOfKey(source, path, key) ?? placeOf(document, lines, path),
        `unknown key "${key}"${inside(path)}${among(accepted(path))}`,
      ),
    );
  }
  const discriminator =
    issue.code === "invalid_union" && "discriminator" in issue && issue.discriminator;
  if (typeof discriminator === "string") {
    const inner = path.at(-1) === discriminator ? path : [...path, discriminator];
    const seen: unknown = document.getIn(inner);
    const what = `unknown ${discriminator} ${JSON.stringify(seen ?? null)}${inside(inner.slice(0, -1))}`;
    return [at(source, placeOf(document, lines, inner), `${what}${among(accepted(inner))}`)];
  }
  return [at(source, placeOf(document, lines, path), wrongValue(issue, path, source))];
}

/** What is wrong with one value. A message of our own says what is accepted; the library's general ones do not. */
function wrongValue(issue: z.core.$ZodIssue, path: YamlPath, source: Source): string {
  const isGeneral = ["invalid_type", "invalid_union", "invalid_value"].includes(issue.code);
  const own = !isGeneral || !/^Invalid (input|option)/.test(issue.message);
  const seen: unknown = path.length > 0 ? source.document.getIn(path) : undefined;
  const key = path.length > 0 ? path.join(".") : "the document";
  // Instead of the name of a variable somebody may have written what it holds.
  const isHidden = key.endsWith("_env");
  const value = isHidden
    ? "is no name"
    : isPlain(seen)
      ? `is ${JSON.stringify(seen)}`
      : "is of the wrong form";
  if (path.length > 0 && !source.document.hasIn(path))
    return `${key} is missing${own ? `: ${issue.message}` : among(source.accepted(path))}`;
  if (own) return `${key}${isPlain(seen) ? ` ${value}` : ""}: ${firstLine(issue.message)}`;
  return `${key} ${value}${among(source.accepted(path))}`;
}

function among(accepted: string): string {
  return accepted === "" ? "" : `; accepted: ${accepted}`;
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function inside(path: YamlPath): string {
  return path.length > 0 ? ` in ${path.join(".")}` : "";
}

function at({ file }: Source, place: Place | null, text: string): string {
  return `${file}:${place?.line ?? 1}:${place?.col ?? 1}: ${text}`;
}
