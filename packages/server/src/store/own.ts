/** JSON that this store wrote itself: it is what was put, so only that it is an object is looked at. */
function isOwn<T>(value: unknown, key: keyof T & string): value is T {
  return typeof value === "object" && value !== null && key in value;
}

/** What this store wrote, as what it was. @throws Error  if it has no such key: somebody else wrote it */
export function own<T>(value: unknown, key: keyof T & string, what: string): T {
  if (isOwn<T>(value, key)) return value;
  throw new Error(`the store holds a ${what} without ${key}`);
}
