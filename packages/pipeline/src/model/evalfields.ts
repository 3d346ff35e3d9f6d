import { z } from "zod";

export const severities = ["P0", "P1", "P2"] as const;
export type Severity = (typeof severities)[number];

/** A day of the calendar, as every file under `evals/` writes it. */
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "expected a day, YYYY-MM-DD");
/** A person or a team, as CODEOWNERS writes them. */
export const person = z.string().regex(/^@?[\w.-]+(\/[\w.-]+)?$/, "expected a name such as @mira");

/** What two names of one person have in common: `@Jo`, `jo` and `@jo` are one. */
export function personKey(name: string): string {
  return name.replace(/^@/, "").toLowerCase();
}
/** What can change of an agent between two commits; a case names those on which it runs. Source: evals.md 3.4. */
export const changeTypes = ["model", "prompt", "tool_schema", "retrieval_index", "code"] as const;
export type ChangeType = (typeof changeTypes)[number];
