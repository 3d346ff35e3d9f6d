/**
 * A pure function of an object that looks at each object once, as long as that lives: for what many ask of the same step or span.
 * The object must not change.
 */
export function oncePer<K extends object, R>(make: (of: K) => R): (of: K) => R {
  const known = new WeakMap<K, R>();
  return (of) => {
    const found = known.get(of);
    if (found !== undefined) return found;
    const made = make(of);
    known.set(of, made);
    return made;
  };
}

/** Longer texts are rare and would hold memory. */
const longest = 32_768;

/**
 * A pure function that remembers its last answers, for texts that come again and again (system prompts, tool definitions). The
 * oldest are forgotten first; what it gives is the same with and without.
 *
 * @param size how many answers are kept
 */
export function remembering<A extends string, R>(
  size: number,
  make: (text: A) => R,
): (text: A) => R {
  const known = new Map<A, R>();
  return (text) => {
    if (text.length > longest) return make(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= size)
      for (const first of known.keys()) {
        known.delete(first);
        break;
      }
    known.set(text, made);
    return made;
  };
}
