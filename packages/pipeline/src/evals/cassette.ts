import { z } from "zod";
import { filledLines, readJsonLine } from "./json-lines.ts";
import type { ReadLine } from "./json-lines.ts";
import { isObject } from "./pointer.ts";
import type { Subject } from "./subject.ts";

/** Any value, null too, that is there. */
const present = z
  .unknown()
  .refine((value): boolean => value !== undefined, "expected any JSON value");

/** One recorded call of a tool: a line of `cassettes/<case>/<tool>.jsonl`. Source: evals.md 2.2. */
export const RecordedCall = z.strictObject({
  tool: z.string().min(1, "expected the name of a tool"),
  args: present,
  result: present,
  /** The call failed: the replay answers as a server that failed. */
  failed: z.boolean().optional(),
  from: z.strictObject({ trace_id: z.string(), span_id: z.string() }),
  /** Of the tool's definition when it was recorded. */
  schema_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected the SHA-256 of the tool's schema in lower-case hex")
    .optional(),
});
export type RecordedCall = Readonly<z.infer<typeof RecordedCall>>;

export type Cassette =
  | { readonly ok: true; readonly calls: readonly RecordedCall[]; readonly redacted: number }
  | { readonly ok: false; readonly why: string };

/** Reads a file of recordings: a call on each line; empty lines are passed over. @param file  the name that errors begin with */
export function readTape(text: string, file: string): ReadLine<readonly RecordedCall[]> {
  const form = { schema: RecordedCall, what: "recorded call" };
  const read = filledLines(text).map(({ line, number }) =>
    readJsonLine(line, `${file}:${number}`, form),
  );
  const errors = read.flatMap((each) => (each.ok ? [] : each.errors));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, value: read.flatMap((each) => (each.ok ? [each.value] : [])) };
}

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

/** A tool call, or a search that is no tool call, as it would be recorded. */
interface Answered {
  readonly tool: string;
  readonly args: unknown;
  readonly result: unknown;
  readonly failed: boolean;
  readonly spanId: string;
}

/** Calls whose result the spans hold, in order. A call that failed is recorded with its message. */
function answeredOf({ run, digest }: Pick<Subject, "run" | "digest">): readonly Answered[] {
  const calls = run.toolCalls
    .filter(({ executed, role }) => executed && role !== "handoff" && role !== "final_answer")
    .filter(({ result, outcome }) => result.value !== null || outcome === "error")
    .map(({ seq, name, args, result, failure, spanIds, id, outcome }) => ({
      seq,
      tool: name,
      args: args.value ?? {},
      result: result.value ?? { error: failure?.message ?? "failed" },
      failed: outcome === "error",
      spanId: spanIds[0] ?? id,
    }));
  const searches = run.retrievals
    .filter(({ toolCallId, from }) => toolCallId === null && from === "retrieval_span")
    .flatMap(({ seq, spanIds, query, documents, dataSource, id }) => {
      if (documents === null) return [];
      const step = digest.steps.find(({ spanId }) => spanIds.some((each) => each === spanId));
      return [
        {
          seq,
          tool: step?.tool ?? step?.name ?? dataSource ?? "retrieval",
          args: query.value === null ? {} : { query: query.value },
          result: {
            documents: documents.map(({ id: key, text, score }) => ({ id: key, text, score })),
          },
          failed: false,
          spanId: spanIds[0] ?? id,
        },
      ];
    });
  return [...calls, ...searches].toSorted((left, right) => left.seq - right.seq);
}

/** The tools whose results the spans of a run do not hold, though they were called: they cannot be replayed. */
export function unrecorded({ run }: Pick<Subject, "run">): readonly string[] {
  const names = run.toolCalls
    .filter(({ executed, role }) => executed && role !== "handoff" && role !== "final_answer")
    .filter(({ result, outcome }) => result.value === null && outcome !== "error")
    .map(({ name }) => name);
  return [...new Set(names)];
}

/**
 * The recorded tool results of a run, in order: the failing run is the recording.
 *
 * @param tools  only these; undefined: all
 * @returns why not, where a result looks like a secret: nothing of it may be written then
 */
export function cassetteOf(
  subject: Pick<Subject, "run" | "digest">,
  tools?: ReadonlySet<string>,
): Cassette {
  const calls: RecordedCall[] = [];
  let redacted = 0;
  const answered = answeredOf(subject).filter(({ tool }) => tools?.has(tool) ?? true);
  for (const { tool, args, result, failed, spanId } of answered) {
    const secret = secretIn(JSON.stringify([args, result]) ?? "");
    if (secret !== null) {
      return {
        ok: false,
        why: `the result or arguments of ${tool} hold what looks like ${secret}`,
      };
    }
    const [cleanArgs, cleanResult] = [redact(args), redact(result)];
    redacted += cleanArgs.count + cleanResult.count;
    calls.push({
      tool,
      args: cleanArgs.value,
      result: cleanResult.value,
      ...(failed && { failed }),
      from: { trace_id: subject.run.traceIds[0] ?? "", span_id: spanId },
    });
  }
  return { ok: true, calls, redacted };
}
