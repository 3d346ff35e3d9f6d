/**
 * The value at a JSON Pointer (RFC 6901); `*` as a part stands for every item of an array.
 *
 * @returns every value that the pointer names, in order; empty where there is none
 */
export function valuesAt(root: unknown, pointer: string): readonly unknown[] {
  if (pointer === "") return [root];
  let found: unknown[] = [root];
  for (const part of pointer.replace(/^\//, "").split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = found.flatMap((value) => step(value, key));
  }
  return found;
}

function step(value: unknown, key: string): unknown[] {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    if (key === "*") return items;
    const index = Number(key);
    return Number.isInteger(index) && index >= 0 && index < items.length ? [items[index]] : [];
  }
  if (isObject(value) && Object.hasOwn(value, key)) return [value[key]];
  return [];
}

/** Whether a value is an object with string keys (no array, not null). */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
