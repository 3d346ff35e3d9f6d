const word = /[a-z][a-z0-9_'-]+|\d[\d,.:/-]*/g;
const stop = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have he her his if in into is it its may me might " +
    "my no not of on or our she should so than that the their these they this those to us was we were what when where which who " +
    "will with would you your about all also any each how just let more most only other out over please some such then there up"
  ).split(" "),
);
const readMost = 4_000;

/** The words of a text in order, lower case, without the ones that every text has. */
export function wordsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(word) ?? []).filter((one) => one.length > 1 && !stop.has(one));
}

function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return Math.imul(hash ^ 0x2f, 0x01000193) | 0;
}

/** Hashes of every three words that follow one another in the first 4,000 characters; of each word where there are fewer. */
export function shinglesOf(text: string): ReadonlySet<number> {
  const words = wordsOf(text.slice(0, readMost));
  const hashes = new Set<number>();
  if (words.length < 3) for (const one of words) hashes.add(hashOf(one, 0x811c9dc5));
  for (let at = 0; at + 2 < words.length; at++) {
    let hash = 0x811c9dc5;
    for (let next = at; next < at + 3; next++) hash = hashOf(words[next] ?? "", hash);
    hashes.add(hash);
  }
  return hashes;
}

/** The share of what two sets hold that both hold, in [0, 1]; 0 where both are empty. Source: Jaccard, Bull. Soc. Vaud. 37 (1901) 547 */
export function jaccard<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  let both = 0;
  for (const one of few) if (many.has(one)) both += 1;
  const all = a.size + b.size - both;
  return all === 0 ? 0 : both / all;
}

/** The share of `wanted` that `given` holds; 1 where nothing is wanted. */
export function covered<T>(wanted: ReadonlySet<T>, given: ReadonlySet<T>): number {
  if (wanted.size === 0) return 1;
  let both = 0;
  for (const one of wanted) if (given.has(one)) both += 1;
  return both / wanted.size;
}
