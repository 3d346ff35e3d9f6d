const numbers = /(?<![\w.])[-+]?\$?\d[\d,]*(?:\.\d+)?%?(?!\w)/g;
const ids = /#?\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_-]{4,60}\b/g;
const names =
  /\b[A-Z][a-zA-Z'-]+(?:\s(?:of|the|and|de|von|van|in|for|&)\s[A-Z][a-zA-Z'-]+|\s[A-Z][a-zA-Z'-]+){1,4}/g;
const urls = /https?:\/\/[^\s)"'>\]]+/g;

/** As most numbers of a text are written: what they would be written back as. */
const plainInteger = /^[1-9]\d{0,14}$/;

/** A number without its writing: `$1,200.0` is `1200`. */
export function plainNumber(text: string): string {
  if (plainInteger.test(text)) return text;
  const digits = text.replace(/[,$]/g, "").replace(/[%.]+$/, "");
  const value = Number(digits);
  return Number.isFinite(value) ? String(value) : digits;
}

/** Every number of a text, without its writing, small ones too. */
export function numbersOf(text: string): ReadonlySet<string> {
  return new Set((text.match(numbers) ?? []).map(plainNumber));
}

/**
 * What tells a text apart from others: numbers of two digits or more, ids (letters and digits, at least 4 characters), addresses and
 * names of two to five capitalised words; lower case.
 *
 * @source diagnosis.md B5.0
 */
export function valuesOf(text: string): ReadonlySet<string> {
  const values = new Set<string>();
  for (const number of numbersOf(text))
    if (number.replace(/[-.]/g, "").length >= 2) values.add(number);
  for (const id of text.match(ids) ?? []) values.add(id.toLowerCase().replace(/^#/, ""));
  for (const name of text.match(names) ?? []) values.add(name.replace(/\s+/g, " ").toLowerCase());
  for (const url of text.match(urls) ?? []) values.add(url.toLowerCase().replace(/[.,]+$/, ""));
  return values;
}
