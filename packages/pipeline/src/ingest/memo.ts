/** A constructor that gives back the object it is given: a class that extends it puts its private field on that object. */
class Bearer {
  constructor(of: object) {
    return of;
  }
}

/**
 * A pure function of an object that looks at each object once, as long as that lives: for what many ask of the same step or span.
 * The object must not change. The answer is a private field of the object itself, which nobody else sees and no copy takes along:
 * a WeakMap of so many short-lived objects costs the garbage collector a tenth of all reading.
 */
export function oncePer<K extends object, R>(make: (of: K) => R): (of: K) => R {
  class Answered extends Bearer {
    readonly #answer: R;
    private constructor(of: K, answer: R) {
      super(of);
      this.#answer = answer;
    }
    static of(this: void, of: K): R {
      if (#answer in of) return of.#answer;
      const answer = make(of);
      new Answered(of, answer);
      return answer;
    }
  }
  return Answered.of;
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
