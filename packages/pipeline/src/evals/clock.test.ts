import { expect, test } from "vitest";
import { clockProblem } from "./clock.ts";

const seen = [
  { day: "2026-11-18", what: "EC-a was created" },
  { day: "2026-11-20", what: "the last commit was made" },
];

test("a day before what has happened is not believed; one day is allowed for time zones", () => {
  expect(clockProblem("2026-11-20", seen)).toBeNull();
  expect(clockProblem("2026-11-19", seen)).toBeNull();
  expect(clockProblem("2026-11-18", seen)).toBe(
    "today is 2026-11-18 by the clock of this machine, and the last commit was made on 2026-11-20: set the clock, or correct that date (1 day is allowed for time zones)",
  );
  expect(clockProblem("2026-10-31", [{ day: "2026-11-01", what: "x" }])).toBeNull();
});

test("nothing known is no problem, and a day that no calendar has is one", () => {
  expect(clockProblem("2026-11-18", [])).toBeNull();
  expect(clockProblem("2026-11-18", [{ day: "2026-99-99", what: "EC-a was created" }])).toContain(
    "2026-99-99",
  );
});
