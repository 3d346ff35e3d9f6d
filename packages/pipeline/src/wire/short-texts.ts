/**
 * Short texts met before. The keys of attributes and most short values come again in every span, and finding one by its bytes
 * costs less than making it anew. A later text takes the place of an earlier one, so the table never grows; it never changes
 * an answer, only how soon it comes.
 */
const slots = 4096;
const texts: string[] = Array.from({ length: slots }, () => "");

/** Longer texts seldom come twice. */
const bytesMax = 64;
const wordBytes = 4;
const wordsMax = bytesMax / wordBytes;

/** The bytes of each text, as `wordAt` reads them. */
const words = new Int32Array(slots * wordsMax);

const beyondAscii = 0x8080_8080;

/** The text of UTF-8 bytes; bytes that are no UTF-8 become U+FFFD. */
export function shortText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > bytesMax) return bytes.toString("utf8", start, end);
  // The last word overlaps the one before where the length is no multiple of a word's.
  const last = Math.max(start, end - wordBytes);
  const lastWord = length < wordBytes ? partOfWord(bytes, start, end) : wordAt(bytes, last);
  let hash = mixed(length, lastWord);
  let seen = lastWord;
  for (let at = start; at < last; at += wordBytes) {
    const word = wordAt(bytes, at);
    hash = mixed(hash, word);
    seen |= word;
  }
  if ((seen & beyondAscii) !== 0) return bytes.toString("utf8", start, end);
  const slot = (hash ^ (hash >>> 13)) & (slots - 1);
  const text = texts[slot] ?? "";
  if (text.length === length && isIn(slot, bytes, start, last, lastWord)) return text;
  return put(slot, bytes, start, end, lastWord);
}

function isIn(slot: number, bytes: Buffer, start: number, last: number, lastWord: number): boolean {
  let index = slot * wordsMax;
  for (let at = start; at < last; at += wordBytes)
    if (words[index++] !== wordAt(bytes, at)) return false;
  return words[index] === lastWord;
}

function put(slot: number, bytes: Buffer, start: number, end: number, lastWord: number): string {
  let index = slot * wordsMax;
  for (let at = start; at < end - wordBytes; at += wordBytes) words[index++] = wordAt(bytes, at);
  words[index] = lastWord;
  const text = bytes.toString("latin1", start, end);
  texts[slot] = text;
  return text;
}

/** Four bytes as one number. */
function wordAt(bytes: Buffer, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

/** Less than four bytes as one number. */
function partOfWord(bytes: Buffer, start: number, end: number): number {
  let word = 0;
  for (let at = end - 1; at >= start; at--) word = (word << 8) | (bytes[at] ?? 0);
  return word;
}

/** A hash with four more bytes. The factor is that of MurmurHash2. */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x5bd1e995);
  return product ^ (product >>> 15);
}
