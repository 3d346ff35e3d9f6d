/**
 * Whether a name is of a pattern in which `*` stands for any characters and `?` for one; capital letters do not matter, as in promptfoo.
 * Never slower than the two lengths multiplied: patterns of a case do not backtrack on hostile names.
 */
export function namedLike(name: string, pattern: string): boolean {
  const [text, glob] = [name.toLowerCase(), pattern.toLowerCase()];
  let [at, from, star, tried] = [0, 0, -1, 0];
  while (at < text.length) {
    if (from < glob.length && glob[from] === "*") {
      star = from;
      tried = at;
      from += 1;
    } else if (from < glob.length && (glob[from] === "?" || glob[from] === text[at])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      tried += 1;
      at = tried;
      from = star + 1;
    } else return false;
  }
  while (glob[from] === "*") from += 1;
  return from === glob.length;
}
