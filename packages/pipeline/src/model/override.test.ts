import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Override } from "./override.ts";

const dayMs = 86_400_000;
const later = (days: number) =>
  new Date(Date.parse("2026-11-18") + days * dayMs).toISOString().slice(0, 10);

function refusals(more: Readonly<Record<string, unknown>>): string {
  const parsed = Override.safeParse({
    schema: "override/v1",
    id: "OV-1",
    case: "EC-1",
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["budget"] },
    reason: "A reason that is long enough to be one, as the schema wants it.",
    risk: "A risk that is long enough.",
    incident: "INC-1",
    follow_up: "https://example.com/1",
    requested_by: "@jo",
    approved_by: ["@mira", "@ana"],
    created: "2026-11-18",
    expires: later(2),
    ...more,
  });
  return parsed.success ? "" : parsed.error.issues.map(({ message }) => message).join("; ");
}

describe("who asked and who approved", () => {
  const spelled = fc
    .tuple(fc.constantFrom("", "@"), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([at, upper]) =>
      `${at}mira`
        .split("")
        .map((letter, index) => (upper[index % 4] ? letter.toUpperCase() : letter))
        .join(""),
    );

  test("one person cannot ask and approve, however the name is written", () => {
    fc.assert(
      fc.property(spelled, spelled, (asks, approves) => {
        expect(refusals({ requested_by: asks, approved_by: [approves] })).toContain(
          "the person who asked cannot approve",
        );
      }),
    );
  });

  test("one person is not two approvers of a P0, however the name is written", () => {
    fc.assert(
      fc.property(spelled, spelled, (one, other) => {
        expect(refusals({ severity: "P0", approved_by: [one, other] })).toContain(
          "two different approvers",
        );
      }),
    );
    expect(refusals({ severity: "P0" })).toBe("");
  });
});

describe("how long it may last, from the day it is made to the day before it expires", () => {
  test.each([
    ["accept_failure", "P1", 30],
    ["quarantine", "P1", 14],
    ["expected_fail", "P1", 90],
    ["accept_failure", "P0", 3],
  ])("%s of a %s: %i days and not one more", (kind, severity, days) => {
    expect(refusals({ kind, severity, expires: later(days) })).toBe("");
    expect(refusals({ kind, severity, expires: later(days + 1) })).not.toBe("");
    expect(refusals({ kind, severity, expires: later(0) })).toContain("may last 1 to");
    expect(refusals({ kind, severity, expires: later(-1) })).toContain("may last 1 to");
  });

  test("a day that no calendar has is refused", () => {
    expect(refusals({ expires: "2026-13-40" })).toContain("days of the calendar");
  });
});
