import { isObject } from "./pointer.ts";

/** A kind of personal data: what stands for it, and where in a text it is. */
interface Personal {
  readonly word: string;
  readonly pattern: RegExp;
  /** How many characters of a match are really it; 0: none. */
  readonly really?: (match: string) => number;
}

/** Length of an IBAN by country. Source: the IBAN registry (ISO 13616). */
const ibanLengths: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 " +
    "GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 " +
    "MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TN24 TR26 UA29 VA22 VG24 XK20"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** An IBAN is as long as its country says; what stands behind it is not taken. */
function ibanPart(match: string): number {
  const length = ibanLengths.get(match.slice(0, 2).toUpperCase());
  if (length === undefined) return 0;
  let letters = 0;
  for (const [index, character] of match.split("").entries()) {
    if (/[ -]/.test(character)) continue;
    letters += 1;
    if (letters !== length) continue;
    // What goes on without a gap is a longer word, and no IBAN.
    return /[A-Z0-9]/i.test(match[index + 1] ?? " ") ? 0 : index + 1;
  }
  return 0;
}

/**
 * Whether digits are a card number: they begin as an issuer's do and pass the Luhn check, so that other long numbers stay.
 * Source: ISO/IEC 7812-1, annex B.
 */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (!/^(?:3[04-9]|4|5[0-9]|6|2[2-7])/.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  const sum = digits
    .split("")
    .toReversed()
    .reduce((total, digit, index) => {
      const doubled = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0;
}

function digitsBetween(least: number, most: number): (match: string) => number {
  return (match) => {
    const count = match.replace(/\D/g, "").length;
    return count >= least && count <= most ? match.length : 0;
  };
}

// Digits that stand alone: not within an id, a time or a longer number.
const before = String.raw`(?<![\p{L}\p{N}_./:#-])`;
const after = String.raw`(?![\p{L}\p{N}_]|[-./:]\d)`;

/** In this order: what is replaced by one is not looked at by the next. */
const kinds: readonly Personal[] = [
  {
    word: "[e-mail]",
    pattern:
      /(?<![\p{L}\p{N}_.+-])[\p{L}\p{N}_.+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}_-])/gu,
  },
  {
    word: "[iban]",
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}/gi,
    really: ibanPart,
  },
  {
    word: "[card]",
    pattern: /(?<![\p{L}\p{N}_.+-])\d(?:[ -]?\d){12,18}(?![\p{L}\p{N}_]|[-.]\d)/gu,
    really: (match) => (isCardNumber(match) ? match.length : 0),
  },
  {
    word: "[ssn]",
    pattern: new RegExp(
      `${before}(?!000|666|9\\d\\d)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}${after}`,
      "gu",
    ),
  },
  {
    word: "[phone]",
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}_])\+[1-9]\d{0,2}(?:[ ().\/-]{0,2}\d){6,12}${after}`,
      "gu",
    ),
    really: digitsBetween(8, 15),
  },
  {
    word: "[phone]",
    pattern: new RegExp(
      String.raw`${before}(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}${after}`,
      "gu",
    ),
  },
  {
    word: "[phone]",
    pattern:
      /(?<=\b(?:phone|telephone|tel|mobile|cell|fax|handy|telefon)(?: ?(?:number|no|nr))?[.:"' =]{1,4})\(?\d[\d ()/-]{5,18}\d(?![\p{L}\p{N}])/giu,
    really: digitsBetween(6, 15),
  },
];

/** Keys whose values are personal whatever they look like, and the placeholder of each. */
const personalKeys: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/^(?:[a-z]+_)?(?:phone|telephone|mobile|cell|fax)(?:_?(?:number|no|nr))?$/i, "[phone]"],
  [/^(?:ssn|social_?security(?:_?(?:number|no))?)$/i, "[ssn]"],
];

/** A value with what is personal in it replaced, and how much was. */
export interface Redacted<T> {
  readonly value: T;
  readonly count: number;
}

/** A text with e-mail addresses, IBANs, card, phone and social security numbers replaced. What is replaced once stays as it is. */
export function redactText(text: string): Redacted<string> {
  let count = 0;
  const once = (whole: string) =>
    kinds.reduce(
      (rest, { word, pattern, really }) =>
        rest.replace(pattern, (match) => {
          const part = really ? really(match) : match.length;
          if (part === 0) return match;
          count += 1;
          return `${word}${match.slice(part)}`;
        }),
      whole,
    );
  // What one match took of its neighbour without need is looked at again.
  let value = text;
  for (let next = once(value); next !== value; next = once(value)) value = next;
  return { value, count };
}

/** `redactText` of every text in a JSON value, of its keys and of card numbers written as numbers. */
export function redact(value: unknown): Redacted<unknown> {
  let count = 0;
  const cleanText = (text: string): string => {
    const redacted = redactText(text);
    count += redacted.count;
    return redacted.value;
  };
  const clean = (inner: unknown): unknown => {
    if (typeof inner === "string") return cleanText(inner);
    if (typeof inner === "number" && Number.isSafeInteger(inner) && inner > 1e12) {
      const text = cleanText(String(inner));
      return text === String(inner) ? inner : text;
    }
    if (Array.isArray(inner)) return inner.map(clean);
    if (!isObject(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([key, one]) => {
        const word = personalKeys.find(([pattern]) => pattern.test(key))?.[1];
        const digits = typeof one === "string" || typeof one === "number" ? String(one) : "";
        if (word === undefined || digits === word || digits.replace(/\D/g, "").length < 6) {
          return [cleanText(key), clean(one)];
        }
        count += 1;
        return [key, word];
      }),
    );
  };
  return { value: clean(value), count };
}
