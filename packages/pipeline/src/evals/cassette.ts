import type { Run } from "../model/run.ts";
import { isObject } from "./pointer.ts";

/** One recorded call of a tool: a line of `cassettes/<case>/<tool>.jsonl`. */
export interface RecordedCall {
  readonly tool: string;
  readonly args: unknown;
  readonly result: unknown;
  readonly from: { readonly trace_id: string; readonly span_id: string };
}

export type Cassette =
  | { readonly ok: true; readonly calls: readonly RecordedCall[]; readonly redacted: number }
  | { readonly ok: false; readonly why: string };

/** What must never be written into a repository, by form. */
const secrets: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { name: "an AWS access key", pattern: /\b(AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: "an API key", pattern: /\bsk-[A-Za-z0-9_-]{20,}\b/ },
  { name: "a GitHub token", pattern: /\bgh[pousr]_[A-Za-z0-9]{30,}\b/ },
  { name: "a Slack token", pattern: /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/ },
  {
    name: "a signed token",
    pattern: /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/,
  },
  {
    name: "a password",
    pattern: /"(password|passwd|secret|client_secret|api_key)"\s*:\s*"[^"]{4,}"/i,
  },
];

interface Personal {
  readonly word: string;
  readonly pattern: RegExp;
  readonly really: (text: string) => boolean;
}

const personal: readonly Personal[] = [
  { word: "[e-mail]", pattern: /\b[\w.+-]+@[\w-]+\.[\w.-]*\w/g, really: () => true },
  { word: "[card]", pattern: /\b\d(?:[ -]?\d){12,18}\b/g, really: isCardNumber },
  { word: "[iban]", pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b/g, really: () => true },
];

/** Whether the digits pass the Luhn check, so that other long numbers stay. Source: ISO/IEC 7812-1, annex B. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "").split("").reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** The name of the secret that a text seems to hold, or null. */
export function secretIn(text: string): string | null {
  return secrets.find(({ pattern }) => pattern.test(text))?.name ?? null;
}

/** A value with e-mail addresses, card numbers and IBANs in its texts replaced, and how many were. */
export function redact(value: unknown): { readonly value: unknown; readonly count: number } {
  let count = 0;
  const clean = (inner: unknown): unknown => {
    if (typeof inner === "string") {
      return personal.reduce(
        (text, { word, pattern, really }) =>
          text.replace(pattern, (match) => {
            if (!really(match)) return match;
            count += 1;
            return word;
          }),
        inner,
      );
    }
    if (Array.isArray(inner)) return inner.map(clean);
    if (isObject(inner))
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, clean(one)]));
    return inner;
  };
  return { value: clean(value), count };
}

/**
 * The recorded tool results of a run, in order: the failing run is the recording.
 *
 * @returns why not, where a call's result is not in the spans or looks like a secret: nothing of it may be written then
 */
export function cassetteOf(run: Run): Cassette {
  const calls: RecordedCall[] = [];
  let redacted = 0;
  for (const call of run.toolCalls) {
    if (!call.executed || call.role === "handoff" || call.role === "final_answer") continue;
    if (call.result.value === null && call.outcome !== "error") continue;
    const text = JSON.stringify([call.args.value, call.result.value]) ?? "";
    const secret = secretIn(text);
    if (secret !== null) {
      return {
        ok: false,
        why: `the result or arguments of ${call.name} hold what looks like ${secret}`,
      };
    }
    const args = redact(call.args.value ?? {});
    const result = redact(call.result.value ?? { error: call.failure?.message ?? "failed" });
    redacted += args.count + result.count;
    calls.push({
      tool: call.name,
      args: args.value,
      result: result.value,
      from: { trace_id: run.traceIds[0] ?? "", span_id: call.spanIds[0] ?? call.id },
    });
  }
  return { ok: true, calls, redacted };
}
