import { z } from "zod";
import { day, person, personKey, severities } from "./evalfields.ts";
import { dayMs } from "./time.ts";

const longestDays = { accept_failure: 30, quarantine: 14, expected_fail: 90 } as const;
const breakGlassDays = 3;

/**
 * A named person's written permission to pass named assertions of one failing case until a date: from the day `created` to the day
 * before `expires`, in UTC, so that it lasts as many days as lie between them. Source: evals.md 3.3, 4.5.
 */
export const Override = z
  .strictObject({
    schema: z.literal("override/v1"),
    id: z.string().regex(/^OV-[\w-]+$/),
    case: z.string(),
    kind: z.enum(["accept_failure", "quarantine", "expected_fail"]),
    severity: z.enum(severities),
    covers: z.strictObject({
      assertions: z.array(z.string()).min(1),
      identity: z.string().optional(),
    }),
    reason: z.string().min(40, "expected at least 40 characters"),
    risk: z.string().min(20, "expected at least 20 characters"),
    incident: z.string().min(1),
    follow_up: z.url("expected a URL"),
    requested_by: person,
    approved_by: z.array(person).min(1),
    created: day,
    expires: day,
  })
  .superRefine((entry, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const days = (Date.parse(entry.expires) - Date.parse(entry.created)) / dayMs;
    const longest = longestDays[entry.kind];
    if (Number.isNaN(days)) {
      refuse("expires", `${entry.created} to ${entry.expires}: both must be days of the calendar`);
    } else if (days <= 0 || days > longest) {
      refuse(
        "expires",
        `${entry.kind} may last 1 to ${longest} days, ${entry.created} to ${entry.expires} is ${days}`,
      );
    }
    const approvers = new Set(entry.approved_by.map(personKey));
    if (approvers.has(personKey(entry.requested_by))) {
      refuse("approved_by", "the person who asked cannot approve");
    }
    const breakGlass =
      entry.kind === "accept_failure" && approvers.size >= 2 && days <= breakGlassDays;
    if (entry.severity === "P0" && !breakGlass) {
      refuse(
        "severity",
        `a P0 override is break-glass: accept_failure, two different approvers, expires at most ${breakGlassDays} days (72 hours) after created`,
      );
    }
  });
export type Override = z.infer<typeof Override>;
