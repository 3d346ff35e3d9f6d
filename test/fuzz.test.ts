import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { caseAt, shapedEvery } from "../bench/fuzz/cases.ts";
import { throughGrpc } from "../bench/fuzz/frames.ts";
import { throughRoute } from "../bench/fuzz/route.ts";
import { newTotals, runRound } from "../bench/fuzz/run.ts";
import { shapeCount } from "../bench/fuzz/shapes.ts";
import { openSource } from "../bench/fuzz/whole.ts";
import { memoryStore } from "../packages/pipeline/src/testing/memory-store.ts";
import { openStore } from "../packages/server/src/store/store.ts";
import { hasEngine } from "../packages/server/src/testing/has-engine.ts";

/** Twenty thousand bodies; one in so many has an unusual shape, and every shape comes. */
const bodies = Math.max(20_000, shapedEvery * shapeCount);

test(
  "20,000 mutated bodies: none makes the reader throw, loses a good sibling, or is read otherwise than by protobufjs",
  { timeout: 600_000 },
  () => {
    const seed = Date.now() % 2 ** 31;
    const source = openSource();
    const totals = newTotals();
    for (let round = 0; round < bodies; round += 1) runRound(source, seed, round, totals);
    expect(
      totals.failures.map(
        ({ round, problem }) =>
          `${problem.message}: npm run bench:fuzz -- --seed ${seed} --round ${round}`,
      ),
    ).toEqual([]);
    expect(totals.compared).toBeGreaterThan(bodies);
    expect(totals.kinds.size).toBeGreaterThan(shapeCount);
  },
);

test.skipIf(!hasEngine())(
  "mutated bodies through the HTTP route, packed, broken and as bombs, get the answer that they deserve and come back from the store",
  { timeout: 600_000 },
  async () => {
    const seed = Date.now() % 2 ** 31;
    const dataDir = mkdtempSync(join(tmpdir(), "rootward-route-"));
    const store = await openStore({ dataDir });
    try {
      const rounds = Array.from({ length: 250 }, (_, index) => index * 7);
      const { statuses, compared, problems } = await throughRoute(store, {
        source: openSource(),
        seed,
        rounds,
      });
      expect([seed, problems]).toEqual([seed, []]);
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400]));
      expect(compared).toBeGreaterThan(50);
    } finally {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);

test(
  "mutated bodies in frames of gRPC, packed, cut off, too long and left, get the status that they deserve, and none keeps the next from it",
  { timeout: 600_000 },
  async () => {
    const seed = Date.now() % 2 ** 31;
    const rounds = Array.from({ length: 300 }, (_, index) => index);
    const of = { source: openSource(), seed, rounds };
    const { statuses, compared, problems } = await throughGrpc(memoryStore(), of);
    expect([seed, problems]).toEqual([seed, []]);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(["0", "3", "8"]));
    expect(compared).toBeGreaterThan(50);
  },
);

test("a body is the same whenever it is made, so that what it showed can be repeated", () => {
  const source = openSource();
  const rounds = [0, 3, 4, 999, 1_234];
  const made = rounds.map((round) => caseAt(source, 7, round).bytes);
  for (const [index, round] of [...rounds.entries()].toReversed())
    expect(caseAt(source, 7, round).bytes.equals(made[index] ?? Buffer.alloc(0))).toBe(true);
});
