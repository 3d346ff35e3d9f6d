import { expect, test } from "vitest";
import { healthyCases, montecarlo, type Rule, situations } from "../bench/gate/montecarlo.ts";

/** Seeded: 1500 runs tell 5 % within 1.1 points, and the true shares are far enough from the targets (1.2 % and 96.0 %). */
const runs = 1500;

async function shares(start: string): Promise<ReadonlyMap<Rule, number | null>> {
  const chosen = situations().filter(({ name }) => name.startsWith(start));
  expect(chosen).toHaveLength(1);
  const rows = await montecarlo(runs, 7, chosen);
  return new Map(rows.map(({ rule, share }) => [rule, share.rate]));
}

test("80 healthy P1 cases raise an alarm in at most 5 % of gate runs, where one trial each does in half of them", async () => {
  expect(healthyCases()).toHaveLength(80);
  const alarms = await shares("80 healthy");
  expect(alarms.get("gate")).toBeLessThanOrEqual(0.05);
  expect(alarms.get("one trial each")).toBeGreaterThan(0.4);
});

test("a P0 that fails in 30 % of its trials is caught in at least 95 % of gate runs; an average does not see it", async () => {
  const caught = await shares("+ a P0 that fails 30 %");
  expect(caught.get("gate")).toBeGreaterThanOrEqual(0.95);
  expect(caught.get("average >= 95 %")).toBeLessThan(0.1);
  expect(caught.get("majority of 3")).toBeLessThan(0.5);
});

test("a P1 that fails in 70 % of its trials needs an override in nearly all gate runs", async () => {
  expect((await shares("+ a P1 that fails 70 %")).get("gate")).toBeGreaterThanOrEqual(0.98);
});
