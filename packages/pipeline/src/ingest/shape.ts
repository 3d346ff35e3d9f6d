import { eachLeaf, isList, isRecord } from "./value.ts";

const limit = 4000;

type TextType = readonly [RegExp, string];

/** Types of texts that begin with a digit or a sign, and only of those. */
const numeric: readonly TextType[] = [
  [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/, "datetime_offset"],
  [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/, "datetime"],
  [/^\d{4}-\d{2}-\d{2}$/, "date"],
  [/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/, "date_other"],
  [/^\d{1,2}:\d{2}(:\d{2})?$/, "time"],
  [/^[+-]?\d+([.,]\d+)*$/, "number_text"],
];

const others: readonly TextType[] = [
  [/^https?:\/\/\S+$/, "url"],
  [/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/, "email"],
];

const id = /^(?=.*\d)(?=.*[A-Za-z])[\w\-/.:#]{3,64}$|^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const longestId = 64;

function typeOfText(text: string): string {
  if (text === "") return "empty";
  if (/^[\d+-]/.test(text))
    for (const [pattern, type] of numeric) if (pattern.test(text)) return type;
  for (const [pattern, type] of others) if (pattern.test(text)) return type;
  return text.length <= longestId && id.test(text) ? "id" : "text";
}

function typeOf(leaf: unknown): string {
  if (typeof leaf === "string") return typeOfText(leaf.trim());
  if (leaf === null || leaf === undefined) return "null";
  if (typeof leaf === "boolean") return "bool";
  if (typeof leaf === "number") return Number.isInteger(leaf) ? "int" : "float";
  if (isList(leaf)) return "[]";
  return isRecord(leaf) ? "{}" : "text";
}

/** A value without what stands in it. */
export interface Outline {
  /** As `model/digest.ts` describes it: one line per leaf, `pointer:type`, sorted, each once. */
  readonly shape: string;
  /** JSON pointers of what is null or blank text, each once, at most 10. */
  readonly nulls: readonly string[];
}

/** Shape and nulls of a value, in one walk. */
export function outlineOf(value: unknown): Outline {
  const lines = new Set<string>();
  const nulls = new Set<string>();
  eachLeaf(value, (leaf, pointer) => {
    const type = typeOf(leaf);
    lines.add(`${pointer}:${type}`);
    if (leaf === null || type === "empty") nulls.add(pointer);
  });
  return {
    shape: [...lines].sort().join("\n").slice(0, limit),
    nulls: [...nulls].slice(0, nullsMost),
  };
}

const nullsMost = 10;

/** The shape of a value: `Outline.shape`. */
export function shapeOf(value: unknown): string {
  return typeof value === "string" ? `:${typeOf(value)}` : outlineOf(value).shape;
}

/** The nulls of a value: `Outline.nulls`. */
export function nullsOf(value: unknown): readonly string[] {
  return outlineOf(value).nulls;
}
