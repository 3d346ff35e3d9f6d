import fc from "fast-check";
import { expect, test } from "vitest";
import { newFlights } from "./flights.ts";

/** What happens one after the other: a body begins, the oldest or the newest lands, runs are made here or written by others. */
const events = fc.array(
  fc.constantFrom("begin", "oldest lands", "newest lands", "mark", "written elsewhere"),
);

test("versions of runs grow, also past those of others, and records that came after them and are on their way have higher ones", () => {
  fc.assert(
    fc.property(events, (happens) => {
      let clock = 0n;
      let elsewhere = 0n;
      const nextVersion = () => (clock += 1_000n);
      const flights = newFlights({ nextVersion, runsVersion: () => elsewhere });
      const onTheirWay: { readonly begun: bigint; readonly land: () => void }[] = [];
      let last = 0n;
      for (const event of happens) {
        if (event === "begin") {
          const land = flights.begin();
          onTheirWay.push({ begun: clock, land });
        } else if (event === "oldest lands") onTheirWay.shift()?.land();
        else if (event === "newest lands") onTheirWay.pop()?.land();
        else if (event === "written elsewhere") elsewhere = nextVersion();
        else {
          const mark = flights.mark();
          expect(mark).toBeGreaterThan(last);
          expect(mark).toBeGreaterThan(elsewhere);
          for (const { begun } of onTheirWay)
            if (begun > last && begun > elsewhere) expect(begun).toBeGreaterThanOrEqual(mark);
          last = mark;
        }
      }
    }),
  );
});
