import { expect, test } from "vitest";
import { diagnose } from "./pipeline.ts";
import { buildDigest } from "./testing/build-digest.ts";
import { memoryStore } from "./testing/memory-store.ts";

const options = { baselineWindow: null, needsDays: false };

test("of more runs than a diagnosis may hold the latest are diagnosed, and it says so", async () => {
  const store = memoryStore();
  const runs = Array.from({ length: 8 }, (_, index) => buildDigest(index));
  await store.putRuns(runs, []);
  const all = await diagnose({ ...options, runsMost: 8 }, { store });
  expect([all.standings.length, all.warnings]).toEqual([8, []]);
  const some = await diagnose({ ...options, runsMost: 5 }, { store });
  const latest = runs.toSorted((a, b) => a.startedMs - b.startedMs).slice(-5);
  expect(new Set(some.standings.map(({ id }) => id))).toEqual(new Set(latest.map(({ id }) => id)));
  expect(some.warnings).toEqual([
    "the latest 5 runs and those of baselines are diagnosed; 3 earlier ones are left out",
  ]);
  expect(await store.diagnosis()).toEqual(some);
});
