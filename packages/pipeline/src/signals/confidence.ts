import type { Reading } from "../model/signal.ts";
import { absent, declaredShare, measured } from "./reading.ts";

interface Token {
  readonly token: string;
  readonly logprob: number;
}

export interface ConfidenceCall {
  readonly spanId: string | null;
  /** Names of the tools that this call asked for. */
  readonly tools: readonly string[];
  /** null where the span holds none. */
  readonly logprobs: readonly Token[] | null;
}

export interface ConfidenceInput {
  readonly declared: unknown;
  readonly declaredAt: string | null;
  readonly applies: boolean;
  /** An evaluation of that name, in [0, 1]. */
  readonly evaluated: number | null;
  readonly calls: readonly ConfidenceCall[];
}

/** The tokens that spell a tool's name; all of them where they do not. */
function nameTokens(tokens: readonly Token[], name: string): readonly Token[] {
  const text = tokens.map((token) => token.token).join("");
  const start = text.indexOf(name);
  if (start < 0 || name === "") return tokens;
  let position = 0;
  return tokens.filter((token) => {
    const from = position;
    position += token.token.length;
    return position > start && from < start + name.length;
  });
}

/** The mean probability of some tokens, exp of their mean log probability; null without any. */
export function meanProbability(tokens: readonly Token[]): number | null {
  if (tokens.length === 0) return null;
  const sum = tokens.reduce((total, token) => total + token.logprob, 0);
  return Math.min(1, Math.exp(sum / tokens.length));
}

/** The confidence of one model call: of the tool it chose, the least sure where it chose several, else of its whole text. */
export function callConfidence(call: ConfidenceCall): number | null {
  const { logprobs } = call;
  if (logprobs === null) return null;
  if (call.tools.length === 0) return meanProbability(logprobs);
  const values = call.tools.map((name) => meanProbability(nameTokens(logprobs, name)));
  const seen = values.filter((value) => value !== null);
  return seen.length === 0 ? null : Math.min(...seen);
}

/**
 * How sure the model was: the least of its tool-choosing calls, without one the answer's. Never invented.
 *
 * @source conventions.md 3.3
 */
export function confidence(input: ConfidenceInput): Reading<number> {
  const declared = declaredShare(input.declared);
  if (declared !== null) {
    return measured(
      declared,
      "declared",
      [
        {
          spanId: input.declaredAt,
          path: "attr:agent.behavioral.confidence",
          text: String(input.declared),
        },
      ],
      "application",
    );
  }
  if (!input.applies) return absent("not_applicable");
  if (input.evaluated !== null) return measured(input.evaluated, "evaluation", []);
  const choosing = input.calls.filter((call) => call.tools.length > 0);
  const asked = choosing.some((call) => call.logprobs !== null) ? choosing : input.calls;
  const values = asked.flatMap((call) => {
    const value = callConfidence(call);
    return value === null ? [] : [{ value, call }];
  });
  const lowest = values.toSorted((a, b) => a.value - b.value)[0];
  if (lowest === undefined) return absent("no_logprobs");
  const text = lowest.call.tools.length > 0 ? `chose ${lowest.call.tools.join(", ")}` : "answer";
  return measured(lowest.value, "logprobs", [
    { spanId: lowest.call.spanId, path: "logprobs", text },
  ]);
}
