import fc from "fast-check";
import { expect, test } from "vitest";
import { inLanes } from "./lanes.ts";

test("every entry is worked on once; of a lane never more than its limit, in its order", async () => {
  const lane = fc.record({ name: fc.constantFrom("a", "b", "c"), pauses: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(lane, { maxLength: 20 }),
      fc.record({ a: fc.integer({ min: 1, max: 4 }), b: fc.constant(1), c: fc.constant(2) }),
      async (entries, limits) => {
        const begun: (typeof entries)[number][] = [];
        const busy = { a: 0, b: 0, c: 0 };
        const most = { a: 0, b: 0, c: 0 };
        const laneOf = ({ name }: (typeof entries)[number]) => ({ name, atOnce: limits[name] });
        await inLanes(entries, laneOf, async (entry) => {
          begun.push(entry);
          busy[entry.name] += 1;
          most[entry.name] = Math.max(most[entry.name], busy[entry.name]);
          for (let turn = 0; turn < entry.pauses; turn += 1) await Promise.resolve();
          busy[entry.name] -= 1;
        });
        for (const name of ["a", "b", "c"] as const) {
          const own = entries.filter((entry) => entry.name === name);
          expect(begun.filter((entry) => entry.name === name)).toEqual(own);
          expect(most[name]).toBeLessThanOrEqual(limits[name]);
          expect(most[name] > 0).toBe(own.length > 0);
        }
      },
    ),
  );
});

test("a lane that is busy for long holds up no other", async () => {
  let release = () => undefined as void;
  const held = new Promise<void>((done) => (release = done));
  const done: string[] = [];
  const all = inLanes(
    ["slow 1", "slow 2", "quick 1", "quick 2"],
    (entry) => ({ name: entry.split(" ")[0] ?? "", atOnce: 1 }),
    async (entry) => {
      if (entry.startsWith("slow")) await held;
      done.push(entry);
      if (entry === "quick 2") release();
    },
  );
  await all;
  expect(done).toEqual(["quick 1", "quick 2", "slow 1", "slow 2"]);
});
