import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Deviation } from "../model/deviation.ts";
import type { RankedFeatures, RunDigest } from "../model/digest.ts";
import type { Ruling } from "../model/ruling.ts";
import type { Ranker } from "../rank/ranker.ts";
import { buildDigest, buildStep, cleanSteps } from "../testing/build-digest.ts";
import { cleanWindowOf } from "./cleanwindow.ts";
import { ruledStep } from "./rulings.ts";
import { foundOrigin } from "./suspects.ts";
import type { FoundOrigin } from "./suspects.ts";
import { viewOf } from "./view.ts";

const points = { newValues: 1, assumes: 0.5, noEvidence: 0.5, position: 0.1 };
const ranker: Ranker = {
  kind: "additive",
  weights: { task: points, delegation: points, dialogue: points },
  places: { task: [], delegation: [], dialogue: [] },
};

const clean = cleanWindowOf([buildDigest(0)]);

function deviation(seq: number, given: Partial<Deviation> = {}): Deviation {
  return {
    kind: "error",
    name: "error:timeout",
    strength: "strong",
    seq,
    spanId: (seq + 1).toString(16).padStart(16, "0"),
    agent: "desk",
    tool: null,
    component: "get_claim",
    expected: null,
    seen: "timeout: 30 s",
    ...given,
  };
}

function rulingOn(run: RunDigest, seq: number, word: Ruling["ruling"], atMs = seq): Ruling {
  const step =
    run.steps.find((one) => one.seq === seq) ?? buildStep({ seq, kind: "llm", name: "chat" });
  return {
    id: `RL-${seq}-${atMs}`,
    runId: run.id,
    workflow: run.workflow,
    environment: run.environment,
    step: ruledStep(step),
    ruling: word,
    by: "Ada",
    note: "seen in the log",
    atMs,
  };
}

/** Features by which the steps of these numbers are suspected, the first most. */
function features(...order: readonly number[]): readonly RankedFeatures[] {
  return [1, 2, 3, 4].map((step) => {
    const at = order.indexOf(step);
    return {
      step,
      agent: "desk",
      values: at === -1 ? {} : { newValues: 8 - 2 * at, noEvidence: 1, assumes: 1 },
    };
  });
}

function originIn(
  run: RunDigest,
  given: {
    readonly deviations?: readonly Deviation[];
    readonly rulings?: readonly Ruling[];
    readonly clean?: typeof clean | null;
  } = {},
): FoundOrigin {
  return foundOrigin({
    view: viewOf(run),
    deviations: given.deviations ?? [],
    affected: false,
    clean: given.clean === undefined ? clean : given.clean,
    ranker,
    rulings: given.rulings ?? [],
  });
}

const failed = (given: Partial<RunDigest> = {}) =>
  buildDigest(3, { failed: ["downstream_ok"], ...given });

describe("the origin of a run", () => {
  test("is the earliest strong deviation, suspected, whatever the ranking says", () => {
    const run = failed({ features: features(1) });
    const { origin, finding } = originIn(run, { deviations: [deviation(2), deviation(3)] });
    expect(origin).toMatchObject({ step: 2, tool: "find_rules" });
    expect(finding).toMatchObject({ standing: "suspected", method: "deviation", suspects: [] });
  });

  test("is a deviation of medium strength against a clean window, with the ranking beside it", () => {
    const run = failed({ features: features(1, 4) });
    const medium = deviation(3, { kind: "empty_result", name: "empty_result", strength: "medium" });
    const { origin, finding } = originIn(run, { deviations: [medium] });
    expect(origin?.step).toBe(3);
    expect(finding).toMatchObject({ standing: "suspected", method: "deviation", remark: null });
    expect(finding.suspects.map((one) => one.origin.step)).toEqual([3, 1, 4]);
    expect(finding.suspects[0]?.reasons[0]).toBe("empty result: timeout: 30 s");
  });

  test("is uncertain without a clean window where only the failure itself shows", () => {
    const run = failed({ features: features(1) });
    const showed = deviation(4, { kind: "contract", name: "contract", strength: "medium" });
    const { finding } = originIn(run, { deviations: [showed], clean: null });
    expect(finding.standing).toBe("uncertain");
    expect(finding.remark).toMatch(/^uncertain: /);
    expect(finding.suspects.map((one) => one.origin.step).slice(0, 2)).toEqual([4, 1]);
  });

  test("is ranked where nothing deviates: the first three with reasons, and how far the first is ahead", () => {
    const { origin, finding } = originIn(failed({ features: features(2, 3) }));
    expect(origin?.step).toBe(2);
    expect(finding).toMatchObject({ standing: "suspected", method: "ranking" });
    expect(finding.suspects).toHaveLength(3);
    expect(finding.suspects[0]?.reasons).toContain("speaks of an assumption");
    expect(finding.margin).toBeGreaterThan(0.1);
  });

  test("is not named where two steps are suspected alike", () => {
    const same = features(2).map((row) =>
      row.step === 3 ? { ...row, values: features(2)[1]!.values } : row,
    );
    const { origin, trail, finding } = originIn(failed({ features: same }));
    expect([origin, trail]).toEqual([null, null]);
    expect(finding).toMatchObject({
      standing: "uncertain",
      method: "ranking",
      remark: "uncertain: several steps are suspected nearly alike",
    });
    expect(finding.suspects.length).toBeGreaterThan(1);
  });

  test("is not named where only places tell the steps apart, or nothing is known", () => {
    const placed = [1, 2, 3, 4].map((step) => ({
      step,
      agent: "desk",
      values: { position: step / 4 },
    }));
    const { origin, finding } = originIn(failed({ features: placed }));
    expect(origin).toBeNull();
    expect(finding).toMatchObject({
      standing: "none",
      remark: "no local evidence: only their places tell the steps apart",
    });
    for (const run of [failed(), failed({ features: [] })]) {
      const unknown = originIn(run);
      expect(unknown.origin).toBeNull();
      expect(unknown.finding).toMatchObject({ standing: "none", method: null, suspects: [] });
      expect(unknown.finding.remark).toMatch(/^no local evidence: /);
    }
  });

  test("that nothing proves to lead to the failure is reported with the first that does", () => {
    const steps = cleanSteps().map((step) =>
      step.seq === 4
        ? { ...step, links: [{ from: 3, proof: "value" as const, text: "C-77" }] }
        : step,
    );
    const { origin, finding } = originIn(failed({ steps }), {
      deviations: [deviation(2), deviation(3)],
    });
    expect([origin?.step, finding.onPath?.step]).toEqual([2, 3]);
    const linked = originIn(failed(), { deviations: [deviation(2), deviation(3)] });
    expect(linked.finding.onPath).toBeNull();
  });
});

describe("a ruling", () => {
  const run = failed({ features: features(1, 4) });

  test("confirms an origin over what every method says, with who and when", () => {
    const rulings = [rulingOn(run, 3, "confirmed")];
    const { origin, trail, finding } = originIn(run, { deviations: [deviation(2)], rulings });
    expect(origin?.step).toBe(3);
    expect(trail?.hops.map(({ seq }) => seq)).toEqual([3]);
    expect(finding).toMatchObject({
      standing: "confirmed",
      method: "ruling",
      confirmed: { by: "Ada", note: "seen in the log", atMs: 3 },
    });
  });

  test("that rejects passes the step over: the next deviation, then the ranking, then nothing", () => {
    const deviations = [deviation(2), deviation(3)];
    const after = (...seqs: readonly number[]) =>
      originIn(run, { deviations, rulings: seqs.map((seq) => rulingOn(run, seq, "rejected")) });
    expect(after(2).origin?.step).toBe(3);
    expect(after(2).finding.rejected).toEqual([run.steps[2]?.spanId]);
    expect(after(2, 3)).toMatchObject({ origin: { step: 1 }, finding: { method: "ranking" } });
    expect(after(2, 3, 1).finding.suspects.map((one) => one.origin.step)).toEqual([4]);
    expect(after(1, 2, 3, 4)).toMatchObject({
      origin: null,
      finding: { standing: "none", remark: "all that was suspected was rejected", suspects: [] },
    });
  });

  test("never lets a rejected step be named or suspected, and always names a confirmed one", () => {
    const word = fc.constantFrom("confirmed" as const, "rejected" as const);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), word), { maxLength: 8 }),
        fc.subarray([
          deviation(1),
          deviation(2),
          deviation(3, { strength: "medium" }),
          deviation(4),
        ]),
        (told, deviations) => {
          const rulings = told.map(([seq, one], at) => rulingOn(run, seq, one, at));
          const { origin, finding } = originIn(run, { deviations, rulings });
          const last = new Map(told.map(([seq, one]) => [seq, one]));
          const named = [origin?.step, ...finding.suspects.map((one) => one.origin.step)];
          for (const [seq, one] of last) if (one === "rejected") expect(named).not.toContain(seq);
          if ([...last.values()].includes("confirmed")) {
            expect(finding.standing).toBe("confirmed");
            expect(last.get(origin?.step ?? -1)).toBe("confirmed");
          } else expect(finding.standing).not.toBe("confirmed");
        },
      ),
    );
  });
});

describe("a hop to another agent", () => {
  const steps = [
    buildStep({ seq: 1, kind: "llm", name: "choose transfer", agent: "intake" }),
    buildStep({
      seq: 2,
      kind: "handoff",
      name: "intake → desk",
      agent: "intake",
      argsShape: "/claim:id",
      links: [{ from: 1, proof: "call", text: null }],
    }),
    buildStep({
      seq: 3,
      kind: "llm",
      name: "answer",
      agent: "desk",
      links: [{ from: 2, proof: "handoff", text: null }],
    }),
  ];
  const window = cleanWindowOf([buildDigest(0, { steps })]);
  const borders = (deviations: readonly Deviation[], given: typeof window | null) =>
    originIn(failed({ steps }), { deviations, clean: given }).trail?.hops.map(
      ({ border }) => border,
    );

  test("says whether it carried what clean runs carry there", () => {
    const dropped = deviation(1, {
      kind: "handoff_dropped",
      name: "handoff_dropped",
      component: "intake → desk",
      seen: "no claim",
    });
    expect(borders([dropped], window)).toEqual([
      { from: "intake", to: "desk", contract: "broken", seen: "no claim" },
      undefined,
    ]);
    expect(borders([deviation(1)], window)?.[0]?.contract).toBe("kept");
    expect(borders([deviation(1)], null)?.[0]?.contract).toBe("unknown");
  });
});
