import { z } from "zod";
import { PortError } from "@rootward/pipeline/errors";
import type { TrialEvidence } from "@rootward/pipeline/ports";

type Answer = TrialEvidence["answer"];

const Answered = z.object({
  output: z.unknown().refine((output) => output !== undefined && output !== null, "is missing"),
  citations: z.array(z.string()).optional(),
  retrieved: z.array(z.string()).optional(),
  tool_calls: z.array(z.unknown()).optional(),
  signals: z
    .object({
      grounded: z.number().min(0).max(1).optional(),
      fallback: z.boolean().optional(),
      confidence: z.number().min(0).max(1).optional(),
      downstream_ok: z.boolean().optional(),
    })
    .optional(),
  usage: z.object({ usd: z.number().optional(), tokens: z.number().optional() }).optional(),
});

/** A trial that came to nothing because of the agent. Tried once more. */
export function failed(why: string, cause?: unknown): PortError {
  return new PortError("candidate_failed", why, { retryable: true, cause });
}

/**
 * What an agent says, checked.
 *
 * @param expected  what is accepted and where, for the message
 * @throws PortError candidate_failed  naming the key that is wrong
 */
export function answerFrom(value: unknown, expected: string): Answer {
  const answer = Answered.safeParse(value);
  if (!answer.success) {
    const [issue] = answer.error.issues;
    const key = issue?.path.join(".") ?? "";
    const what = `${key === "" ? "" : ` ${key}`} ${issue?.message ?? "is wrong"}`;
    throw failed(`the agent's answer:${what}; ${expected}`);
  }
  const { output, citations, retrieved, tool_calls, signals, usage } = answer.data;
  return {
    output,
    ...(citations && { citations }),
    ...(retrieved && { retrieved }),
    ...(tool_calls && { tool_calls }),
    ...(signals && { signals: defined(signals) }),
    ...(usage && { usage: defined(usage) }),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the keys that are there but undefined. */
function defined<T extends object>(value: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const key in value) {
    const each = value[key];
    if (isDefined(each)) kept[key] = each;
  }
  return kept;
}

function isDefined<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}
