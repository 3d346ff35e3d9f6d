import { z } from "zod";
import { PortError } from "@rootward/pipeline/errors";
import type { TrialEvidence } from "@rootward/pipeline/ports";

type Answer = TrialEvidence["answer"];

const Answered = z.object({
  output: z.unknown().refine((output) => output !== undefined && output !== null, "is missing"),
  citations: z.array(z.string()).optional(),
  retrieved: z.array(z.string()).optional(),
  tool_calls: z.array(z.unknown()).optional(),
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
  const { output, citations, retrieved, tool_calls, usage } = answer.data;
  return {
    output,
    ...(citations && { citations }),
    ...(retrieved && { retrieved }),
    ...(tool_calls && { tool_calls }),
    ...(usage && { usage: usageOf(usage) }),
  };
}

function usageOf({ usd, tokens }: { usd?: number | undefined; tokens?: number | undefined }) {
  return { ...(usd !== undefined && { usd }), ...(tokens !== undefined && { tokens }) };
}
