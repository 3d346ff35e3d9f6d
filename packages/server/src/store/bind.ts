import type { Parameter, Parameters } from "./engine.ts";

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
};

/** A text as a literal of ClickHouse's SQL. Line ends are escaped too: no blank line of a value ever stands in a statement. */
export function quoted(text: string): string {
  return `'${Buffer.from(text)
    .toString()
    .replace(/[\\'\0\n\r]/g, (found) => escapes[found] ?? found)}'`;
}

type Literal = (value: Parameter) => string | null;

function whole(value: Parameter): string | null {
  if (typeof value === "bigint") return value.toString();
  return typeof value === "number" && Number.isSafeInteger(value) ? value.toString() : null;
}

/** How a value of each type is written. null: the value is not of the type. */
const literals: Readonly<Record<string, Literal>> = {
  String: (value) => (typeof value === "string" ? quoted(value) : null),
  UInt64: (value) => {
    const text = whole(value);
    return text === null || text.startsWith("-") ? null : `toUInt64('${text}')`;
  },
  Int64: (value) => {
    const text = whole(value);
    return text === null ? null : `toInt64('${text}')`;
  },
  Bool: (value) => (typeof value === "boolean" ? String(value) : null),
  "Array(String)": (value) => (isTexts(value) ? `[${value.map(quoted).join(",")}]` : null),
};

function isTexts(value: Parameter): value is readonly string[] {
  return Array.isArray(value);
}

/**
 * The statement with each `{name:Type}` replaced by its value as a literal of that type. Values are bound here and not by the
 * engine: embedded, it runs one query with parameters at a time in the whole process; remote, they would be part of a URL.
 *
 * @throws TypeError  if a value is missing or not of its type
 */
export function bind(sql: string, parameters: Parameters): string {
  return sql.replace(/\{(\w+):([\w()]+)\}/g, (_whole, name: string, type: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const literal = value === undefined ? null : (literals[type]?.(value) ?? null);
    if (literal === null) throw new TypeError(`the parameter ${name} is no ${type}`);
    return literal;
  });
}
