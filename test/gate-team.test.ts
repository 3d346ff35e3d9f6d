import { expect, test } from "vitest";
import { teamDays, teamRows } from "../bench/gate/team.ts";

test("in sixty days of a growing team the gate stops what comes back, and nearly nothing else", async () => {
  const days = (await Promise.all([1, 2, 3].map(teamDays))).flat();
  expect(days).toHaveLength(180);
  expect(days[59]?.cases).toBeGreaterThan(40);
  const [gate, single, average, none] = teamRows(days);
  expect(gate?.stopped.of).toBeGreaterThan(40);
  expect(gate?.stopped.rate).toBeGreaterThanOrEqual(0.9);
  expect(gate?.stoppedP0.rate).toBeGreaterThanOrEqual(0.95);
  expect(gate?.stoppedP2.count).toBe(0);
  expect(gate?.falseAlarms.rate).toBeLessThanOrEqual(0.05);
  expect(single?.falseAlarms.rate).toBeGreaterThan(0.1);
  expect(average?.stopped.rate).toBeLessThan(0.5);
  expect(none?.stopped.count).toBe(0);
});

test("what always shows is always stopped; the same seed gives the same days", async () => {
  const days = await teamDays(4);
  expect(await teamDays(4)).toEqual(days);
  const whole = days
    .flatMap(({ changes }) => changes)
    .filter(({ back }) => back !== null && back.share === 1 && back.severity !== "P2");
  expect(whole.length).toBeGreaterThan(5);
  expect(whole.filter(({ gate }) => !gate)).toEqual([]);
});
