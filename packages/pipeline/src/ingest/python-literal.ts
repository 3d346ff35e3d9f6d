/** What a reader of reprs found: the value, and whether the text ended before it did. */
export interface Literal {
  readonly value: unknown;
  readonly cut: boolean;
}

const maxDepth = 40;

/**
 * The value of a Python literal or of a repr made of them: `{…} […] (…)`, quoted text with escapes, `None True False`, numbers,
 * `Name(key=value, …)` (an object of its arguments), `<Enum.X: 'x'>` (the value), `<object at 0x…>` (null). A text cut at its end
 * gives what is there, with `cut`. Nothing is evaluated.
 *
 * @returns null when the text is no such literal
 */
export function pythonLiteral(text: string): Literal | null {
  const reader = new Reader(text);
  const value = reader.value(0);
  if (value === bad) return null;
  reader.space();
  return reader.ended() ? { value, cut: reader.cut } : null;
}

/** `key=value key=value …`, the repr of some frameworks' results: an object; null when the text is none. */
export function pythonAssignments(text: string): Literal | null {
  const reader = new Reader(text);
  const value = reader.assignments();
  return value === bad ? null : { value, cut: reader.cut };
}

const bad = Symbol("not a literal");

const words: Readonly<Record<string, unknown>> = {
  None: null,
  True: true,
  False: false,
  null: null,
  true: true,
  false: false,
  nan: null,
  inf: null,
};
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };
const closers: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };

/** A cursor over one text: a class because every method moves it. */
class Reader {
  readonly text: string;
  position = 0;
  cut = false;

  constructor(text: string) {
    this.text = text;
  }

  ended(): boolean {
    return this.position >= this.text.length;
  }

  space(): void {
    while (!this.ended() && /\s/.test(this.text.charAt(this.position))) this.position += 1;
  }

  value(depth: number): unknown {
    this.space();
    if (depth > maxDepth) return bad;
    if (this.ended() || this.atCut()) {
      this.cut = true;
      this.position = this.text.length;
      return null;
    }
    const char = this.text.charAt(this.position);
    if (char === "'" || char === '"') return this.quoted(char);
    if (char === "{") return this.braces(depth);
    if (char === "[" || char === "(") return this.list(char, depth);
    if (char === "<") return this.angle(depth);
    return this.bare(depth);
  }

  /** `...` or an ellipsis at the very end stands for what was cut off. */
  atCut(): boolean {
    return /^(\.\.\.|…)(\[?truncated\]?)?\s*$/.test(
      this.text.slice(this.position, this.position + 20),
    );
  }

  quoted(quote: string): unknown {
    let result = "";
    this.position += 1;
    while (!this.ended()) {
      const char = this.text.charAt(this.position);
      if (char === quote) {
        this.position += 1;
        return result;
      }
      if (char === "\\") {
        result += this.escape();
      } else {
        result += char;
        this.position += 1;
      }
    }
    this.cut = true;
    return result.replace(/(\.\.\.|…)(\[truncated\])?$/, "");
  }

  escape(): string {
    const next = this.text.charAt(this.position + 1);
    const width = next === "x" ? 2 : next === "u" ? 4 : 0;
    this.position += 2;
    if (width === 0) return escapes[next] ?? next;
    const code = Number.parseInt(this.text.slice(this.position, this.position + width), 16);
    this.position += width;
    return Number.isNaN(code) ? "" : String.fromCharCode(code);
  }

  braces(depth: number): unknown {
    const entries: [string, unknown][] = [];
    const items: unknown[] = [];
    this.position += 1;
    for (;;) {
      this.space();
      if (this.done("}")) break;
      const key = this.value(depth + 1);
      if (key === bad) return bad;
      if (this.cut) break;
      this.space();
      if (this.text.charAt(this.position) === ":") {
        this.position += 1;
        const value = this.value(depth + 1);
        if (value === bad) return bad;
        entries.push([String(key), value]);
      } else items.push(key);
      if (!this.comma("}")) return bad;
    }
    return items.length > 0 && entries.length === 0 ? items : Object.fromEntries(entries);
  }

  list(open: string, depth: number): unknown {
    const close = closers[open] ?? "]";
    const items: unknown[] = [];
    this.position += 1;
    for (;;) {
      this.space();
      if (this.done(close)) return items;
      const item = this.value(depth + 1);
      if (item === bad) return bad;
      if (!(this.cut && item === null)) items.push(item);
      if (!this.comma(close)) return bad;
    }
  }

  /** At the closer, or at the end of a cut text. */
  done(close: string): boolean {
    if (this.ended()) {
      this.cut = true;
      return true;
    }
    if (this.text.charAt(this.position) !== close) return false;
    this.position += 1;
    return true;
  }

  comma(close: string): boolean {
    this.space();
    if (this.ended()) return true;
    const char = this.text.charAt(this.position);
    if (char === ",") this.position += 1;
    return char === "," || char === close;
  }

  /** `<Color.RED: 'red'>` is its value, any other `<…>` says nothing. */
  angle(depth: number): unknown {
    const end = this.text.indexOf(">", this.position);
    const inner = /^<[\w.]+:\s*/.exec(this.text.slice(this.position, this.position + 120));
    if (inner !== null) {
      this.position += inner[0].length;
      const value = this.value(depth + 1);
      if (this.text.charAt(this.position) === ">") this.position += 1;
      return value;
    }
    this.position = end < 0 ? this.text.length : end + 1;
    return null;
  }

  bare(depth: number): unknown {
    const match = /^[^\s,:=()[\]{}'"<>]+/.exec(this.text.slice(this.position, this.position + 200));
    if (match === null) return bad;
    const word = match[0];
    this.position += word.length;
    if (this.text.charAt(this.position) === "(") return this.call(word, depth);
    if (Object.hasOwn(words, word)) return words[word];
    const number = Number(word);
    return Number.isFinite(number) ? number : bad;
  }

  call(name: string, depth: number): unknown {
    if (!/^[A-Za-z_][\w.]*$/.test(name)) return bad;
    const entries: [string, unknown][] = [];
    this.position += 1;
    for (let index = 0; ; index += 1) {
      this.space();
      if (this.done(")")) break;
      const key = /^([A-Za-z_]\w*)=/.exec(this.text.slice(this.position, this.position + 80));
      if (key !== null) this.position += key[0].length;
      const value = this.value(depth + 1);
      if (value === bad) return bad;
      entries.push([key?.[1] ?? `arg${index}`, value]);
      if (!this.comma(")")) return bad;
    }
    return entries.length === 1 && entries[0]?.[0] === "arg0"
      ? entries[0][1]
      : Object.fromEntries(entries);
  }

  assignments(): unknown {
    const entries: [string, unknown][] = [];
    for (;;) {
      this.space();
      if (this.ended() || this.atCut()) break;
      const key = /^([A-Za-z_]\w*)=/.exec(this.text.slice(this.position, this.position + 80));
      if (key === null) return bad;
      this.position += key[0].length;
      const value = this.value(0);
      if (value === bad) return bad;
      entries.push([key[1] ?? "", value]);
    }
    return entries.length === 0 ? bad : Object.fromEntries(entries);
  }
}
