import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnosis } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { diagnose } from "../pipeline.ts";
import type { Store } from "../ports.ts";
import {
  buildDigest,
  buildRuns,
  goodSignals,
  measured,
  stepsWith,
} from "../testing/build-digest.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { diagnoseRuns } from "./diagnose.ts";
import { nothingKept } from "./keeping.ts";
import type { Kept } from "./keeping.ts";

const options = { baselineWindow: null, needsDays: true };
const referenceRuns = 200;

/** Runs whose reference is the first two hundred: one an hour over more than a week. */
type Make = (index: number) => Partial<RunDigest>;

const found: Make = () => ({ versions: { deploy: "1.0.0", "index:rules": "rules-v1" } });
const empty: Make = (index) => ({
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  ungrounded: ["D-9"],
  retrieved: [],
  versions: { deploy: "1.1.0", "index:rules": "rules-v2" },
  steps: stepsWith({
    find_rules: { documents: { count: 0, ids: [], topScore: null }, query: `claim ${index}` },
  }),
});
const shaped: Make = () => ({ outputShape: "/claim:id\n/until:date" });
const lost: Make = () => ({ outputShape: "/claim:null\n/until:date" });
const declined: Make = () => ({ outputShape: "/claim:null\n/until:null", steps: [] });
const sure: Make = () => ({
  signals: { ...goodSignals, confidence: measured(0.95) },
  steps: stepsWith({ chat: { confidence: 0.95 } }),
});
const unsure: Make = () => ({
  signals: { ...goodSignals, confidence: measured(0.5) },
  steps: stepsWith({ chat: { confidence: 0.5 } }),
});
const another: Make = () => ({
  failed: ["downstream_ok"],
  signals: { ...goodSignals, downstream_ok: measured(false) },
  steps: stepsWith({ get_claim: { resultShape: "/amount:int\n/currency_code:text\n/id:id" } }),
});

/** Pairs of what is usual and what breaks. */
const worlds: readonly (readonly [Make, Make])[] = [
  [found, empty],
  [shaped, lost],
  [shaped, declined],
  [sure, unsure],
  [() => ({}), another],
];

interface World {
  /** Of each workflow, by start. */
  readonly references: readonly (readonly RunDigest[])[];
  readonly later: readonly RunDigest[];
}

/** Runs of several workflows, each with ids of its own. */
function worldOf(chosen: readonly { world: number; later: number; every: number }[]): World {
  const workflows = chosen.map(({ world, later, every }, at) => {
    const [clean, broken] = worlds[world] ?? [found, empty];
    const runs = [
      ...buildRuns(0, referenceRuns, { clean }),
      ...buildRuns(referenceRuns, referenceRuns + later, { clean, broken, every }),
    ];
    return runs.map((run) => ({
      ...run,
      workflow: `workflow ${at}`,
      id: buildDigest(Number.parseInt(run.id, 16) + (at + 1) * 10_000).id,
    }));
  });
  return {
    references: workflows.map((runs) => runs.slice(0, referenceRuns)),
    later: workflows.flatMap((runs) => runs.slice(referenceRuns)),
  };
}

const anyWorld = fc
  .array(
    fc.record({
      world: fc.nat(worlds.length - 1),
      later: fc.integer({ min: 10, max: 120 }),
      every: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map(worldOf);

/** Items in another order, by a number of the seed. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const keyed = items.map((item, at) => ({ item, key: ((at + 1) * 7919 * (seed + 1)) % 10_007 }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Runs of the references first, by start, then all others in any order: cut into so many parts. */
function partsOf({ references, later }: World, seed: number, parts: number) {
  const order = [...references.flat(), ...shuffled(later, seed)];
  const cuts = Array.from({ length: parts - 1 }, (_, at) =>
    Math.floor((order.length * ((at * 31 + seed) % 97)) / 97),
  ).toSorted((a, b) => a - b);
  return [0, ...cuts].map((from, at) => order.slice(from, cuts[at] ?? order.length));
}

const diagnosed = async (store: Store, kept?: Kept): Promise<Diagnosis> =>
  await diagnose({ ...options, ...(kept === undefined ? {} : { kept }) }, { store });

function inOne(runs: readonly RunDigest[]): Diagnosis {
  return diagnoseRuns({ runs, told: [], texts: new Map(), options });
}

describe("a diagnosis that reads only what is new", () => {
  test("finds what one of all runs finds, however they come after the reference", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyWorld,
        fc.nat(96),
        fc.integer({ min: 2, max: 5 }),
        async (world, seed, parts) => {
          const store = memoryStore();
          const kept = nothingKept();
          let last: Diagnosis | null = null;
          for (const part of partsOf(world, seed, parts)) {
            await store.putRuns(part, []);
            last = await diagnosed(store, kept);
          }
          expect(last).toEqual(inOne([...world.references.flat(), ...world.later]));
        },
      ),
      { numRuns: 8 },
    );
  });

  test("finds the same after a restart between any two", async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, fc.nat(96), async (world, seed) => {
        const store = memoryStore();
        for (const part of partsOf(world, seed, 3)) {
          await store.putRuns(part, []);
          await diagnosed(store);
        }
        const all = inOne([...world.references.flat(), ...world.later]);
        expect(await diagnosed(store)).toEqual(all);
      }),
      { numRuns: 8 },
    );
  });

  test("a frozen reference stays when older runs arrive, and after a restart", async () => {
    const store = memoryStore();
    const { references, later } = worldOf([{ world: 0, later: 60, every: 2 }]);
    await store.putRuns([...references.flat(), ...later], []);
    const kept = nothingKept();
    const before = await diagnosed(store, kept);
    const older = buildRuns(0, 150, { clean: found }).map((run) => ({
      ...run,
      workflow: "workflow 0",
      id: buildDigest(Number.parseInt(run.id, 16) + 90_000).id,
      startedMs: run.startedMs - 400 * 3_600_000,
    }));
    const inside = older.slice(0, 20).map((run, at) => ({
      ...run,
      id: buildDigest(95_000 + at).id,
      startedMs: (references[0]?.[at]?.startedMs ?? 0) + 1,
    }));
    await store.putRuns([...older, ...inside], []);
    for (const after of [await diagnosed(store, kept), await diagnosed(store)]) {
      const told = ({ workflows: [workflow], clusters, runs }: Diagnosis) => ({
        baseline: workflow?.baseline,
        window: workflow?.cleanWindow,
        drifts: workflow?.drifts,
        ids: clusters.map(({ id, members, cleanWindow }) => [id, members, cleanWindow]),
        runs,
      });
      expect(told(after)).toEqual(told(before));
      expect(after.workflows[0]?.runs).toBe(before.workflows[0]!.runs + 170);
    }
  });

  test("a run of the reference that is measured again changes what all are held against", async () => {
    const store = memoryStore();
    const { references, later } = worldOf([{ world: 1, later: 80, every: 3 }]);
    const all = [...references.flat(), ...later];
    await store.putRuns(all, []);
    const kept = nothingKept();
    await diagnosed(store, kept);
    const again = all.map((run, at) =>
      at < 40 ? { ...run, outputShape: "/claim:id\n/until:date\n/why:text" } : run,
    );
    await store.putRuns(again.slice(0, 40), []);
    expect(await diagnosed(store, kept)).toEqual(inOne(again));
  });

  test("a run that another absorbed is gone, and one that is put again is not counted twice", async () => {
    const store = memoryStore();
    const { references, later } = worldOf([{ world: 0, later: 40, every: 1 }]);
    await store.putRuns([...references.flat(), ...later], []);
    const kept = nothingKept();
    await diagnosed(store, kept);
    const [first, second, ...rest] = later;
    const joined = { ...first!, id: buildDigest(99_000).id, aliases: [first!.id, second!.id] };
    await store.putRuns([joined, ...rest], []);
    const left = [...references.flat(), joined, ...rest];
    expect(await diagnosed(store, kept)).toEqual(inOne(left));
  });

  test("a workflow without news keeps its answer; one with news is read again", async () => {
    const store = memoryStore();
    const { references, later } = worldOf([
      { world: 0, later: 140, every: 1 },
      { world: 4, later: 140, every: 1 },
    ]);
    // Far from the changes: just beside one it would be evidence for the other workflow as well.
    const news = later[139]!;
    await store.putRuns([...references.flat(), ...later.filter((run) => run !== news)], []);
    const kept = nothingKept();
    const before = await diagnosed(store, kept);
    await store.putRuns([news], []);
    const after = await diagnosed(store, kept);
    expect(after.workflows[1]).toBe(before.workflows[1]);
    expect(after.workflows[0]).not.toBe(before.workflows[0]);
    expect(after).toEqual(inOne([...references.flat(), ...later]));
  });

  test("what fails halfway is begun anew", async () => {
    const store = memoryStore();
    const { references, later } = worldOf([{ world: 0, later: 40, every: 1 }]);
    await store.putRuns(references.flat(), []);
    const kept = nothingKept();
    await diagnosed(store, kept);
    await store.putRuns(later, []);
    const broken: Store = {
      ...store,
      putReferences: async () => undefined,
      async *runsAfter(mark, query) {
        yield* store.runsAfter(mark, query);
        throw new Error("the store is down");
      },
    };
    await expect(diagnosed(broken, kept)).rejects.toThrow("the store is down");
    expect(await diagnosed(store, kept)).toEqual(inOne([...references.flat(), ...later]));
  });
});
