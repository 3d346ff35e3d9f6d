import type { AttributeValue, Span } from "../model/span.ts";
import { isKnownKey } from "./read-keys.ts";
import { plainOf } from "../ingest/value.ts";

/** Attributes that no rule reads, the most frequent first. */
export interface Unread {
  readonly attributes: readonly {
    /** With `*` for the numbers of a list. */
    readonly name: string;
    readonly spans: number;
    /** The beginning of one value; null where it looks like a secret. */
    readonly example: string | null;
  }[];
  /** How many names are left off. */
  readonly more: number;
}

const shown = 20;
const exampleLength = 60;

const secretName =
  /(^|[._-])(api[_-]?key|access[_-]?key|private[_-]?key|secret|password|passwd|credentials?|authorization|cookie|bearer|(auth|access|refresh|session)[_-]?token|token|headers?)($|[._-])/i;
/** Well-known prefixes of keys, bearer headers, user and password in an address, and long random texts. */
const secretValue =
  /(^|[\s"'=:])(sk|pk|rk|ghp|gho|ghs|glpat|xox[abeprs]|lsv2|hf|AKIA|ASIA|AIza|ya29|eyJ)[-_.A-Za-z0-9]{12,}|\b(Bearer|Basic) [A-Za-z0-9+/=._-]{8,}|:\/\/[^\s/:@]+:[^\s/@]+@|-----BEGIN|^(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9+/=_-]{32,}$/;

/** Whether an attribute's name or value looks like a secret; numbers and booleans never do. */
export function looksSecret(name: string, value: AttributeValue): boolean {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return false;
  return secretName.test(name) || secretValue.test(lineOf(value));
}

function lineOf(value: AttributeValue): string {
  const plain = plainOf(value);
  const text = typeof plain === "string" ? plain : JSON.stringify(plain);
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The beginning of a text, never half a character. */
function begin(text: string): string {
  if (text.length <= exampleLength) return text;
  return `${text.slice(0, exampleLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** What no rule reads in some spans' attributes, counted by name; an example shows at most 60 characters. */
export function unreadOf(spans: readonly Span[]): Unread {
  const found = new Map<string, { spans: number; example: string | null }>();
  for (const span of spans) {
    const names = new Map<string, string | null>();
    for (const [key, value] of span.attributes) {
      if (value === null || isKnownKey(key)) continue;
      const name = key.replaceAll(/\.\d+(?=\.|$)/g, ".*");
      names.set(name, looksSecret(key, value) ? null : begin(lineOf(value)));
    }
    for (const [name, example] of names) {
      const one = found.get(name);
      if (one === undefined) found.set(name, { spans: 1, example });
      else
        found.set(name, {
          spans: one.spans + 1,
          example: one.example === null ? null : one.example || example,
        });
    }
  }
  const ordered = [...found].toSorted((a, b) => b[1].spans - a[1].spans || (a[0] < b[0] ? -1 : 1));
  return {
    attributes: ordered.slice(0, shown).map(([name, one]) => ({ name, ...one })),
    more: Math.max(0, ordered.length - shown),
  };
}
