import { fail, missing, pass } from "./judged.ts";
import type { Judged } from "./judged.ts";
import type { Subject } from "./subject.ts";

export function withBudget(
  { run, answer, durationMs }: Subject,
  limits: {
    readonly ms?: number | undefined;
    readonly usd?: number | undefined;
    readonly tokens?: number | undefined;
  },
): Judged {
  const counted = run.llmCalls.map(({ usage }) => (usage.in ?? 0) + (usage.out ?? 0));
  const tokens =
    answer?.usage?.tokens ?? (counted.length > 0 ? counted.reduce((a, b) => a + b, 0) : undefined);
  const usd = answer?.usage?.usd;
  if (limits.usd !== undefined && usd === undefined)
    return missing("the candidate reports no cost");
  if (limits.tokens !== undefined && tokens === undefined)
    return missing("no token counts are visible");
  const over = [
    limits.ms !== undefined &&
      durationMs > limits.ms &&
      `${Math.round(durationMs)} ms of ${limits.ms}`,
    limits.usd !== undefined && (usd ?? 0) > limits.usd && `$${usd} of $${limits.usd}`,
    limits.tokens !== undefined &&
      (tokens ?? 0) > limits.tokens &&
      `${tokens} tokens of ${limits.tokens}`,
  ].filter((text) => typeof text === "string");
  return over.length === 0
    ? pass("within its budget")
    : fail(`over its budget: ${over.join(", ")}`);
}
