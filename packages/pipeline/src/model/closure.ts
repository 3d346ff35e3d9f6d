import { z } from "zod";
import { day, person, personKey, severities } from "./evalfields.ts";

export const closureCategories = [
  "one_off_data",
  "transient_external",
  "resolved_outage",
  "duplicate",
  "behaviour_removed",
] as const;

/** Why a cluster has no case. Source: evals.md 4.5. */
export const Closure = z
  .strictObject({
    schema: z.literal("closure/v1"),
    id: z.string().regex(/^(CL|EC)-[\w-]+$/),
    cluster: z.string(),
    members: z.int().positive(),
    incident: z.string().optional(),
    decision: z.enum(["no_eval", "merged_into", "retire_case"]),
    case: z.string().optional(),
    category: z.enum(closureCategories),
    severity_considered: z.enum(severities),
    could_recur_unnoticed: z.boolean(),
    why: z.string().min(40, "expected at least 40 characters"),
    upstream_fix: z.string().optional(),
    closed_by: person,
    reviewed_by: person,
    closed: day,
    review_again: day.optional(),
  })
  .superRefine((entry, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (entry.severity_considered === "P0" && entry.decision === "no_eval") {
      refuse("decision", "a P0 failure always gets an eval");
    }
    if (entry.could_recur_unnoticed && entry.decision === "no_eval") {
      refuse("could_recur_unnoticed", "it could recur unnoticed, so it needs an eval");
    }
    if (personKey(entry.closed_by) === personKey(entry.reviewed_by)) {
      refuse("reviewed_by", "expected another person than closed_by");
    }
    if (entry.decision !== "no_eval" && !entry.case) refuse("case", "name the case");
  });
export type Closure = z.infer<typeof Closure>;
