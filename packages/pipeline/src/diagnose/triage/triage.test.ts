import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunDigest } from "../../model/digest.ts";
import type { RunId } from "../../model/ids.ts";
import { BatchId } from "../../model/review.ts";
import { buildDigest, buildRuns, buildStep } from "../../testing/build-digest.ts";
import { cleanWindowOf } from "../cleanwindow.ts";
import { aucOf } from "./auc.ts";
import { chooseBatch, sharesOf } from "./batch.ts";
import { calibrate, outOfFold } from "./calibrate.ts";
import type { Outcome } from "./calibrate.ts";
import { fitLogistic, predict } from "./logistic.ts";
import { midRanks } from "./percentiles.ts";
import { rankRuns, ranksOf, triageRunOf } from "./score.ts";
import type { TriageRun } from "./score.ts";
import { traitNames, traitsOf } from "./traits.ts";
import { triageRuns } from "./triage.ts";

const talk = {
  userTurns: 1,
  userWords: 10,
  replyWords: 20,
  writes: 0,
  unconfirmedWrites: 0,
  unsupportedNumbers: 0,
  pushbacks: 0,
  refusals: 0,
  transfers: 0,
  thanks: 0,
};

/** The `index`-th run, with a conversation of so many turns. */
function run(index: number, turns: number, given: Partial<RunDigest> = {}): RunDigest {
  const conversation = { ...talk, userTurns: turns, userWords: 10 * turns, replyWords: 20 * turns };
  return buildDigest(index, { conversation, ...given });
}

const anyCounts = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 60 });

describe("percentiles", () => {
  test("are the share below, ties counting half", () => {
    expect(midRanks([3, 1, 1, 9])).toEqual([0.625, 0.25, 0.25, 0.875]);
    expect(midRanks([5, 5])).toEqual([0.5, 0.5]);
    expect(midRanks([])).toEqual([]);
  });

  test("do not depend on the order of the values, lie within (0, 1), and have the mean one half", () => {
    fc.assert(
      fc.property(anyCounts, fc.infiniteStream(fc.nat()), (values, keys) => {
        const ranks = midRanks(values);
        const order = values
          .map((_, index) => ({ index, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ index }) => index);
        const moved = midRanks(order.map((index) => values[index] ?? 0));
        expect(moved).toEqual(order.map((index) => ranks[index]));
        expect(ranks.every((rank) => rank > 0 && rank < 1)).toBe(true);
        expect(ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length).toBeCloseTo(0.5, 9);
      }),
    );
  });
});

describe("the order of reading", () => {
  test("does not depend on the order in which runs come", () => {
    fc.assert(
      fc.property(anyCounts, (turns) => {
        const runs = turns.map((count, index) => triageRunOf(run(index, count), null));
        const ids = (all: readonly TriageRun[]) => rankRuns(all).map((one) => one.run.id);
        expect(ids(runs.toReversed())).toEqual(ids(runs));
      }),
      { numRuns: 30 },
    );
  });

  test("begins with what stands out, and with alarms before that", () => {
    const long = triageRunOf(run(1, 9), null);
    const failed = triageRunOf(run(2, 1, { failed: ["grounded"] }), null);
    const usual = [3, 4, 5].map((index) => triageRunOf(run(index, 1), null));
    const order = rankRuns([...usual, long, failed]).map((one) => one.run.id);
    expect(order.slice(0, 2)).toEqual([failed.run.id, long.run.id]);
  });

  test("a fallback alone, push-back, refusals, transfers and thanks raise nothing by themselves", () => {
    const plain = triageRunOf(run(9, 1), null);
    const odd = run(1, 1, { failed: ["fallback"] });
    const conversation = { ...talk, pushbacks: 5, refusals: 5, transfers: 2, thanks: 3 };
    const [first, second] = rankRuns([triageRunOf({ ...odd, conversation }, null), plain]);
    expect([first?.tier, second?.tier]).toEqual(["ordinary", "ordinary"]);
    expect(first?.score).toBe(second?.score);
  });

  test("a strong deviation is an alarm only against enough clean runs", () => {
    const broken = run(400, 1, {
      steps: [
        buildStep({ seq: 1, kind: "tool", name: "get_claim", outcome: "error" }),
        buildStep({ seq: 2, kind: "llm", name: "answer" }),
      ],
    });
    const tierWith = (clean: number) =>
      rankRuns([triageRunOf(broken, cleanWindowOf(buildRuns(0, clean)))])[0]?.tier;
    expect([tierWith(20), tierWith(200)]).toEqual(["ordinary", "alarm"]);
  });

  test("traits count what they say", () => {
    const step = (seq: number, given: object) =>
      buildStep({ seq, kind: "tool", name: "book", argsHash: "a", ...given });
    const busy = run(1, 3, {
      unsupported: ["77"],
      steps: [
        step(1, { outcome: "error" }),
        step(2, { unsupportedArgs: ["W-1", "W-2"] }),
        step(3, { argsHash: "b" }),
      ],
    });
    const counts = traitsOf(busy, cleanWindowOf(buildRuns(0, 60)));
    expect(Object.keys(counts)).toEqual(traitNames);
    expect(counts).toMatchObject({
      messages: 6,
      userTurns: 3,
      toolErrors: 1,
      repeats: 1,
      unsupportedArgs: 2,
      unsupportedNumbers: 1,
    });
    expect(counts.strangeOrder).toBeGreaterThan(0);
    expect(traitsOf(busy, null).strangeOrder).toBe(0);
  });
});

describe("a batch", () => {
  const anyRun = fc.record({
    turns: fc.integer({ min: 1, max: 9 }),
    signature: fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: null }),
    failed: fc.boolean(),
    read: fc.boolean(),
  });
  const idOf = (seed: number) => BatchId.parse(`RB-${seed.toString(16).padStart(8, "0")}`);

  test("holds its random share, its caps and each run once, whatever the runs are", () => {
    fc.assert(
      fc.property(
        fc.array(anyRun, { maxLength: 80 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(0xffffffff),
        (runs, size, seed) => {
          const ranked = rankRuns(
            runs.map(({ turns, signature, failed }, index) => ({
              ...triageRunOf(run(index, turns, { failed: failed ? ["error"] : [] }), null),
              signature,
            })),
          );
          const read = new Set(
            ranked.filter((_, index) => runs[index]?.read).map((one) => one.run.id),
          );
          const entries = chooseBatch(ranked, {
            id: idOf(seed),
            size,
            isRead: (id) => read.has(id),
          });
          const { random, perSignature } = sharesOf(size);
          const drawn = entries.filter(({ part }) => part === "random");
          const chosen = entries.filter(({ part }) => part === "signals");
          expect(drawn.length).toBe(Math.min(random, runs.length));
          expect(entries.length).toBeLessThanOrEqual(size);
          expect(new Set(entries.map((one) => one.run)).size).toBe(entries.length);
          expect(chosen.some((one) => read.has(one.run))).toBe(false);
          for (const signature of ["a", "b", "c", "d"]) {
            const of = (part: typeof entries) =>
              part.filter((one) => one.signature === signature).length;
            expect(of(chosen)).toBeLessThanOrEqual(Math.max(0, perSignature - of(drawn)));
          }
          expect(entries.every(({ reason }) => reason !== "")).toBe(true);
        },
      ),
    );
  });

  test("draws each run equally often, however far out it is and whoever read it", () => {
    const ranked = rankRuns(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((turns) => triageRunOf(run(turns, turns), null)),
    );
    const counts = new Map<RunId, number>();
    const rounds = 4000;
    for (let seed = 0; seed < rounds; seed += 1) {
      const entries = chooseBatch(ranked, { id: idOf(seed), size: 5, isRead: () => true });
      for (const { run: id } of entries) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const expected = rounds / 10;
    const spread = Math.sqrt(expected * 0.9);
    expect(counts.size).toBe(10);
    for (const count of counts.values())
      expect(Math.abs(count - expected)).toBeLessThan(5 * spread);
  });

  test("says of each run why it is in it", () => {
    const runs = [
      ...Array.from({ length: 30 }, (_, index) => triageRunOf(run(index, 2), null)),
      triageRunOf(run(40, 12), null),
      triageRunOf(run(41, 2, { failed: ["grounded", "error"] }), null),
    ];
    const entries = chooseBatch(rankRuns(runs), { id: idOf(7), size: 5, isRead: () => false });
    expect(entries.map(({ part, reason }) => `${part}: ${reason}`)).toMatchInlineSnapshot(`
      [
        "signals: its answer is not grounded; it ended in an error; ungrounded at desk",
        "signals: 16 messages, more than 96 % of runs; 12 user turns, more than 96 % of runs; 120 words by the user, more than 96 % of runs",
        "signals: nothing stands out: it fills the batch",
        "signals: nothing stands out: it fills the batch",
        "random: drawn at random from 32 runs, so that rates can be estimated",
      ]
    `);
  });
});

describe("calibration by outcomes", () => {
  test("the area under the curve counts ties half, and has no answer for one kind of outcome", () => {
    expect(aucOf([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(aucOf([2, 2, 2], [true, false, true])).toBe(0.5);
    expect(aucOf([1, 2], [true, true])).toBeUndefined();
  });

  test("the logistic model finds the sign of what decides, and ignores what never varies", () => {
    const rows = Array.from({ length: 200 }, (_, index) => [index % 10, 7, (index * 7) % 3]);
    const bad = rows.map(([first = 0]) => first >= 5);
    const model = fitLogistic(rows, bad, 0.01);
    const [, first = 0, constant, noise = 0] = model.weights;
    expect(first).toBeGreaterThan(5 * Math.abs(noise));
    expect(constant).toBe(0);
    expect(predict(model, [9, 7, 1])).toBeGreaterThan(0.9);
    expect(predict(model, [0, 7, 1])).toBeLessThan(0.1);
    expect(() => fitLogistic([], [], 1)).toThrow(RangeError);
    expect(() => fitLogistic([[1]], [true], 0)).toThrow(/penalty/);
  });

  /** Runs that are bad where an agent refuses, which the plain score does not look at. */
  function outcomes(count: number): readonly Outcome[] {
    const runs = Array.from({ length: count }, (_, index) => {
      const conversation = { ...talk, userTurns: 1 + (index % 4), refusals: index % 2 };
      return triageRunOf(buildDigest(index, { conversation }), null);
    });
    const ranks = ranksOf(runs);
    return runs.map((one, index) => ({
      run: one,
      ranks: ranks[index] ?? [],
      bad: index % 2 === 1,
      group: `task ${Math.floor(index / 4)}`,
    }));
  }

  test("a model is used from 50 outcomes on, and only where it ranks better", () => {
    expect(calibrate(outcomes(40))).toMatchObject({ model: null, auc: null });
    const enough = calibrate(outcomes(80));
    expect(enough.model).not.toBeNull();
    expect(enough.auc?.learned).toBeGreaterThan(enough.auc?.plain ?? 1);
    const noise = outcomes(80).map((one, index) => ({ ...one, bad: (index * 37) % 80 < 40 }));
    const { model, auc } = calibrate(noise);
    if (model !== null) expect(auc?.learned).toBeGreaterThan(auc?.plain ?? 1);
  });

  test("the outcome of a run plays no part in what is predicted for its group", () => {
    const all = outcomes(80);
    const flipped = all.map((one) => (one.group === "task 3" ? { ...one, bad: !one.bad } : one));
    const own = all.flatMap(({ group }, index) => (group === "task 3" ? index : []));
    const predicted = (outcomes: readonly Outcome[]) =>
      outOfFold(outcomes).map((scores) => own.map((index) => scores[index]));
    expect(own).toHaveLength(4);
    expect(predicted(flipped)).toEqual(predicted(all));
  });

  test("what people said ranks runs that nobody read", () => {
    const all = outcomes(120).map(({ run: one }) => one);
    const judged = new Map(
      all.slice(0, 80).map((one, index) => [one.run.id, index % 2 === 1 ? "bad" : "good"] as const),
    );
    const { ranked, calibration } = triageRuns(all, judged, ({ run: { id } }) => !judged.has(id));
    expect(calibration.model).not.toBeNull();
    const refusing = ranked.slice(0, 20).map((one) => one.run.conversation?.refusals);
    expect(refusing).toEqual(refusing.map(() => 1));
  });
});
