import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  buildDigest,
  buildStep,
  cleanSteps,
  goodSignals,
  measured,
  stepsWith,
} from "@rootward/pipeline/testing/build-digest";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { Ruling } from "@rootward/pipeline/model/ruling";
import { openDoor } from "../testing/door.ts";
import type { Door } from "../testing/door.ts";

/** A run that cites what an empty search did not find. */
function broken(index: number, given: Partial<RunDigest> = {}): RunDigest {
  return buildDigest(index, {
    signals: { ...goodSignals, grounded: measured(0) },
    failed: ["grounded"],
    ungrounded: ["D-9"],
    retrieved: [],
    steps: stepsWith({ find_rules: { documents: { count: 0, ids: [], topScore: null } } }),
    ...given,
  });
}

async function doorWith(...runs: readonly RunDigest[]): Promise<Door> {
  const door = await openDoor();
  await door.store.putRuns(runs, []);
  await door.post("/api/diagnose", "{}");
  return door;
}

const Answered = z.object({
  error: z.string().optional(),
  ruling: Ruling.optional(),
  diagnosed: z.looseObject({}).nullish(),
});
const Listed = z.object({ rulings: z.array(Ruling) });

async function listOf(door: Door, query = ""): Promise<readonly Ruling[]> {
  return Listed.parse(await (await door.get(`/api/origins${query}`)).json()).rulings;
}

async function rule(door: Door, body: object) {
  const answer = await door.post("/api/origins", JSON.stringify(body));
  return { status: answer.status, answer: Answered.parse(await answer.json()) };
}

const run = broken(0);

describe("an origin", () => {
  test("is confirmed by a span id, a number or a name, and is the run's from then on", async () => {
    for (const step of ["0000000000000004", 3, "3", "get_claim"]) {
      const door = await doorWith(run);
      const { status, answer } = await rule(door, {
        run: run.id,
        step,
        ruling: "confirmed",
        by: "Ada",
      });
      expect([status, answer]).toMatchObject([
        200,
        {
          ruling: {
            runId: run.id,
            workflow: "claims",
            environment: "production",
            step: { spanId: "0000000000000004", seq: 3, kind: "tool", name: "get_claim" },
            ruling: "confirmed",
            by: "Ada",
            note: null,
            atMs: door.nowMs,
          },
          diagnosed: {
            origin: { step: 3 },
            finding: { standing: "confirmed", confirmed: { by: "Ada" } },
          },
        },
      ]);
      await door.post("/api/diagnose", "{}");
      expect(door.context.schedule.diagnosis?.runs).toMatchObject([
        { id: run.id, origin: { step: 3 }, finding: { standing: "confirmed" } },
      ]);
    }
  });

  test("that is rejected falls out and the next is suggested, at once and after the next diagnosis", async () => {
    const door = await doorWith(run);
    const before = door.context.schedule.diagnosis?.runs[0];
    expect(before).toMatchObject({ origin: { step: 2 }, finding: { standing: "suspected" } });
    const { answer } = await rule(door, {
      run: run.id,
      step: 2,
      ruling: "rejected",
      note: "it was down",
    });
    expect(answer).toMatchObject({
      ruling: { ruling: "rejected", by: null, note: "it was down" },
      diagnosed: { origin: { step: 4 }, finding: { rejected: ["0000000000000003"] } },
    });
    expect(door.context.schedule.behind).toBe(true);
    await door.context.schedule.tick(door.nowMs + 3_600_000);
    expect(door.context.schedule.behind).toBe(false);
    expect(door.context.schedule.diagnosis?.runs[0]).toEqual(answer.diagnosed);
  });

  test("is what was said last, and everything that was said is kept in its order", async () => {
    const door = await doorWith(run, broken(1));
    await rule(door, { run: run.id, step: 2, ruling: "confirmed" });
    await rule(door, { run: run.id, step: 2, ruling: "rejected" });
    await rule(door, { run: broken(1).id, step: 4, ruling: "confirmed" });
    const { answer } = await rule(door, { run: run.id, step: 3, ruling: "confirmed" });
    expect(answer.diagnosed).toMatchObject({ origin: { step: 3 } });
    const rulings = await listOf(door, `?run=${run.id}`);
    expect(rulings.map((one) => [one.step.seq, one.ruling, one.atMs - door.nowMs])).toEqual([
      [2, "confirmed", 0],
      [2, "rejected", 1],
      [3, "confirmed", 2],
    ]);
    expect(await listOf(door)).toHaveLength(4);
  });

  test("is the same when it is confirmed many times at once: no two rulings of a run have one time", async () => {
    const door = await doorWith(run);
    await Promise.all(
      [2, 3, 4, 2, 3].map((step) => rule(door, { run: run.id, step, ruling: "confirmed" })),
    );
    const rulings = await door.store.rulings();
    expect(new Set(rulings.map(({ atMs }) => atMs)).size).toBe(5);
    expect(new Set(rulings.map(({ id }) => id)).size).toBe(5);
  });

  test("that was confirmed under an earlier id of the run is still its origin", async () => {
    const door = await doorWith(run);
    await rule(door, { run: run.id, step: 3, ruling: "confirmed" });
    await door.store.putRuns([broken(1, { aliases: [run.id] })], []);
    await door.post("/api/diagnose", "{}");
    expect(door.context.schedule.diagnosis?.runs).toMatchObject([
      { id: broken(1).id, origin: { step: 3 }, finding: { standing: "confirmed" } },
    ]);
  });
});

describe("what makes no sense is refused with what is accepted, and nothing is kept", () => {
  const good = { run: run.id, step: 2, ruling: "confirmed" };

  test.each([
    [{ ...good, run: "f".repeat(32) }, 404, /^no run f{32}$/],
    [{ ...good, run: "mine" }, 400, /^the ruling: run: /],
    [
      { ...good, step: 9 },
      400,
      /has no step "9"; accepted are a span id, .* of: 1 desk: model call, 2 find_rules/,
    ],
    [{ ...good, step: "chat" }, 400, /"chat" is what 2 steps are called; .*: 1, 4$/],
    [{ ...good, step: "" }, 400, /^the ruling: step: /],
    [{ ...good, ruling: "maybe" }, 400, /^the ruling: ruling: .*confirmed/],
    [{ ...good, by: " " }, 400, /^the ruling: by: /],
    [{ ...good, note: "x".repeat(2_001) }, 400, /^the ruling: note: /],
    [{ ...good, run: buildDigest(7).id }, 409, /did not fail, so nothing in it is the origin/],
    [[], 400, /^the ruling: /],
  ])("%j", async (body, status, why) => {
    const door = await doorWith(run, buildDigest(7));
    const refused = await rule(door, body);
    expect([refused.status, refused.answer.error]).toEqual([status, expect.stringMatching(why)]);
    expect(await door.store.rulings()).toEqual([]);
  });

  test("a list of a run that is none", async () => {
    const door = await doorWith(run);
    expect((await door.get("/api/origins?run=mine")).status).toBe(400);
  });
});

describe("a ranker", () => {
  /** Failed runs in which nothing deviates, and in which a cue that the points count against speaks for the origin. */
  const runs = Array.from({ length: 12 }, (_, index) =>
    buildDigest(index, {
      failed: ["downstream_ok"],
      inputText: `question ${index}`,
      steps: [
        ...cleanSteps(),
        buildStep({ seq: 5, kind: "llm", name: "answer" }),
        buildStep({ seq: 6, kind: "llm", name: "sum up" }),
      ],
      features: [1, 2, 3, 4, 5, 6].map((step) => ({
        step,
        agent: "desk",
        values:
          step === 1 + (index % 6)
            ? { repeatsOwn: 1, afterError: 1, copied: 3 }
            : { newValues: 1 + ((step * index) % 5) },
      })),
    }),
  );

  test("is fitted from ten confirmed origins on, and both figures are told", async () => {
    const door = await doorWith(...runs);
    const standing = () => door.context.schedule.diagnosis?.workflows[0]?.ranking;
    expect(standing()).toEqual({
      kind: "additive",
      fitted: null,
      confirmed: 0,
      needed: 10,
      top3: null,
    });
    for (const [index, one] of runs.slice(0, 9).entries())
      await rule(door, { run: one.id, step: 1 + (index % 6), ruling: "confirmed" });
    await door.post("/api/diagnose", "{}");
    expect(standing()).toMatchObject({ kind: "additive", confirmed: 9, top3: null });
    await rule(door, { run: runs[9]!.id, step: 4, ruling: "confirmed" });
    await door.post("/api/diagnose", "{}");
    expect(standing()).toMatchObject({
      kind: "calibrated",
      confirmed: 10,
      top3: { calibrated: { of: 10 }, additive: { of: 10 } },
    });
    const { calibrated, additive } = standing()!.top3!;
    expect(calibrated.count).toBeGreaterThan(additive.count);
    expect(door.context.schedule.diagnosis?.runs[11]?.finding.suspects[0]?.origin.step).toBe(6);
  });
});
