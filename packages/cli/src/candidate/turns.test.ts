import fc from "fast-check";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("what is alone has nothing beside it, and everything gets its turn", async () => {
  const piece = fc.record({ isAlone: fc.boolean(), pauses: fc.nat(4), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const turns = new Turns();
      const busy = new Set<number>();
      const done = await Promise.allSettled(
        pieces.map(({ isAlone, pauses, fails }, index) => {
          const work = async (turn: { readonly beside: boolean }) => {
            busy.add(index);
            let most = busy.size;
            for (let pause = 0; pause < pauses; pause += 1) {
              await Promise.resolve();
              most = Math.max(most, busy.size);
            }
            busy.delete(index);
            if (isAlone) expect(most).toBe(1);
            if (most > 1) expect(turn.beside).toBe(true);
            if (fails) throw new Error("failed");
            return index;
          };
          return isAlone ? turns.alone(work) : turns.together(work);
        }),
      );
      expect(done.map(({ status }) => status === "rejected")).toEqual(
        pieces.map(({ fails }) => fails),
      );
    }),
  );
});
