import { eachLeaf, isList, isRecord } from "./value.ts";

const limit = 4000;

const texts: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/, "datetime_offset"],
  [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/, "datetime"],
  [/^\d{4}-\d{2}-\d{2}$/, "date"],
  [/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/, "date_other"],
  [/^\d{1,2}:\d{2}(:\d{2})?$/, "time"],
  [/^https?:\/\/\S+$/, "url"],
  [/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/, "email"],
  [/^[+-]?\d+([.,]\d+)*$/, "number_text"],
  [/^(?=.*\d)(?=.*[A-Za-z])[\w\-/.:#]{3,64}$|^[0-9a-f]{8}-[0-9a-f-]{27}$/, "id"],
];

function typeOf(leaf: unknown): string {
  if (leaf === null || leaf === undefined) return "null";
  if (typeof leaf === "boolean") return "bool";
  if (typeof leaf === "number") return Number.isInteger(leaf) ? "int" : "float";
  if (isList(leaf)) return "[]";
  if (isRecord(leaf)) return "{}";
  if (typeof leaf !== "string") return "text";
  const text = leaf.trim();
  return text === "" ? "empty" : (texts.find(([pattern]) => pattern.test(text))?.[1] ?? "text");
}

/** The shape of a value as `model/digest.ts` describes it: one line per leaf, `pointer:type`, sorted, each once. */
export function shapeOf(value: unknown): string {
  const lines = new Set<string>();
  eachLeaf(value, (leaf, pointer) => lines.add(`${pointer}:${typeOf(leaf)}`));
  return [...lines].toSorted().join("\n").slice(0, limit);
}

/** JSON pointers of a value that are null or blank text, each once, at most 10. */
export function nullsOf(value: unknown): readonly string[] {
  const found = new Set<string>();
  eachLeaf(value, (leaf, pointer) => {
    if (leaf === null || (typeof leaf === "string" && leaf.trim() === "")) found.add(pointer);
  });
  return [...found].slice(0, 10);
}
