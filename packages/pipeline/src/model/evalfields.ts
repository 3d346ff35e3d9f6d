import { z } from "zod";

export const severities = ["P0", "P1", "P2"] as const;
export type Severity = (typeof severities)[number];

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** A day of the calendar, as every file under `evals/` writes it. */
export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: "expected a day, YYYY-MM-DD", abort: true })
  .refine(isDay, "expected a day that the calendar has, YYYY-MM-DD");

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const;
const longestMs = 86_400_000;

/** A duration as files write it, in milliseconds; null where it is none. */
export function durationMs(text: string): number | null {
  const [, number = "", unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  return unit === "ms" || unit === "s" || unit === "m" ? Number(number) * unitMs[unit] : null;
}

/** A time limit: more than nothing, at most a day, because a timer of more than 24 days ends at once. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m)$/, {
    error: "expected a whole number with ms, s or m, as in 500ms, 60s or 2m",
    abort: true,
  })
  .refine((text) => durationMs(text) !== 0, "expected more than nothing, as in 500ms, 60s or 2m")
  .refine((text) => (durationMs(text) ?? 0) <= longestMs, "expected at most a day, 1440m");
/** A person or a team, as CODEOWNERS writes them. */
export const person = z.string().regex(/^@?[\w.-]+(\/[\w.-]+)?$/, "expected a name such as @mira");

/** What two names of one person have in common: `@Jo`, `jo` and `@jo` are one. */
export function personKey(name: string): string {
  return name.replace(/^@/, "").toLowerCase();
}
/** What can change of an agent between two commits; a case names those on which it runs. Source: evals.md 3.4. */
export const changeTypes = ["model", "prompt", "tool_schema", "retrieval_index", "code"] as const;
export type ChangeType = (typeof changeTypes)[number];
