import { isObject } from "./pointer.ts";

/** Whether two JSON values are equal; the order of keys does not matter. */
export function isDeepStrictEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    const others: readonly unknown[] = right;
    return (
      left.length === right.length &&
      left.every((item, index) => isDeepStrictEqual(item, others[index]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isDeepStrictEqual(left[key], right[key]))
  );
}
