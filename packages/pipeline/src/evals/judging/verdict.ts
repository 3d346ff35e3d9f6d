import { parseDocument } from "yaml";
import { z } from "zod";
import { policy } from "../../model/policy.ts";
import { judgeVerdicts } from "../../model/rubric.ts";
import type { Part } from "./parts.ts";

/** One answer of a judge. An answer that is no verdict is an error, and an error never passes. */
export type Vote =
  | { readonly kind: "pass" | "fail"; readonly why: string; readonly quote: string }
  | { readonly kind: "error"; readonly why: string };

const Verdict = z.strictObject({
  quote: z.string(),
  why: z.string().trim().min(1),
  verdict: z.enum(judgeVerdicts),
});

const accepted = '{"quote", "why", "verdict": "pass" or "fail"}';

/** Spaces and line breaks as one space: a quote may be broken otherwise than the text it is from. */
function flat(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
}

function occurs(quote: string, text: string): boolean {
  return (quote.length >= policy("judgeQuoteChars") && text.includes(quote)) || quote === text;
}

/** The JSON of an answer, also where it is all that a block of code holds; undefined where the answer is anything else. */
function jsonOf(answer: string): unknown {
  const block = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/.exec(answer.trim());
  const text = block?.[1] ?? answer;
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse takes the last of two equal keys; a verdict that is given twice is none.
    const { errors } = parseDocument(text, { uniqueKeys: true });
    return errors.some(({ code }) => code === "DUPLICATE_KEY") ? undefined : value;
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

/**
 * Reads a judge's answer: a JSON object with nothing but verdict, reason and a quote that occurs in what was judged. A pass must quote the
 * output itself; a fail may quote any part that was shown, for a fault may be that something is missing.
 */
export function readVerdict(answer: string, parts: readonly Part[]): Vote {
  const parsed = Verdict.safeParse(jsonOf(answer));
  if (!parsed.success) {
    return { kind: "error", why: `the judge answered ${shown(answer)}; accepted: ${accepted}` };
  }
  const { verdict, why } = parsed.data;
  const quote = flat(parsed.data.quote);
  const quotable = verdict === "pass" ? parts.filter(({ name }) => name === "output") : parts;
  if (quote === "" || !quotable.some(({ text }) => occurs(quote, flat(text)))) {
    const where = verdict === "pass" ? "the output" : "what it was shown";
    return {
      kind: "error",
      why: `the judge says ${verdict} but quotes ${shown(quote)}, which is not in ${where}`,
    };
  }
  return { kind: verdict, why: flat(why), quote };
}
