import fc from "fast-check";
import { expect, test } from "vitest";
import type { TrialsPolicy } from "../model/evalcase.ts";
import { isAsStrict } from "./strictness.ts";
import { sequential } from "./statistics.ts";

const mustHold = (n: number): TrialsPolicy => ({ policy: "must_hold", n });

const anyPolicy: fc.Arbitrary<TrialsPolicy> = fc.oneof(
  fc.integer({ min: 1, max: 30 }).map(mustHold),
  fc.constant<TrialsPolicy>({ policy: "must_hold" }),
  fc.record({
    policy: fc.constant("rate" as const),
    pass_rate: fc.constantFrom(0.9, 0.95),
    max: fc.constantFrom(10, 15),
  }),
);

test("every policy is as strict as itself, and what is as strict as it stays so over a third", () => {
  fc.assert(
    fc.property(anyPolicy, anyPolicy, anyPolicy, (a, b, c) => {
      expect(isAsStrict(a, a, 9)).toBe(true);
      if (isAsStrict(a, b, 9) && isAsStrict(b, c, 9)) expect(isAsStrict(a, c, 9)).toBe(true);
    }),
  );
});

test("fewer trials are less strict, a rate is less strict than trials that must hold", () => {
  expect(isAsStrict(mustHold(8), mustHold(9), 9)).toBe(false);
  expect(isAsStrict({ policy: "must_hold" }, mustHold(9), 9)).toBe(true);
  expect(isAsStrict({ policy: "rate" }, mustHold(1), 9)).toBe(false);
  expect(isAsStrict({ policy: "rate", alpha: 0.2 }, { policy: "rate" }, 9)).toBe(false);
});

test("trials that must hold replace a rate once a rate would pass after as many passes", () => {
  const defaults = { passRate: 0.95, brokenRate: 0.6, alpha: 0.05, beta: 0.1 };
  const needed = [1, 2, 3, 4, 5, 6].find((passes) => sequential(defaults, passes, 0) === "pass");
  expect(needed).toBe(5);
  expect(isAsStrict(mustHold(5), { policy: "rate" }, 9)).toBe(true);
  expect(isAsStrict(mustHold(4), { policy: "rate" }, 9)).toBe(false);
});
