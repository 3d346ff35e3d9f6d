/**
 * Texts met before, by a hash of their bytes: the keys of attributes and most short values come again in every span, and finding
 * one here costs less than making it anew. A later text takes the place of an earlier one, so the table does not grow. It
 * never changes an answer, only how soon it comes.
 */
const slots = 8192;
const known: string[] = Array.from({ length: slots }, () => "");

/** Longer texts seldom come twice, and comparing them costs more. */
const longest = 48;

/** The text of UTF-8 bytes; bytes that are no UTF-8 become U+FFFD. */
export function shortText(bytes: Buffer, start: number, end: number): string {
  if (end - start > longest) return bytes.toString("utf8", start, end);
  let hash = 0;
  let seen = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    hash = Math.imul(hash ^ byte, 0x01000193);
    seen |= byte;
  }
  if (seen > 127) return bytes.toString("utf8", start, end);
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const text = known[slot] ?? "";
  if (isAt(text, bytes, start, end)) return text;
  const made = bytes.toString("latin1", start, end);
  known[slot] = made;
  return made;
}

function isAt(text: string, bytes: Buffer, start: number, end: number): boolean {
  const { length } = text;
  if (length !== end - start) return false;
  for (let index = 0; index < length; index++)
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
