import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ruling } from "../model/ruling.ts";
import { buildDigest, buildStep, cleanSteps } from "../testing/build-digest.ts";
import { namedStep } from "./named-step.ts";
import { byRun, ruledIn, ruledStep, rulingsOn, stepRuled } from "./rulings.ts";

const run = buildDigest(0);

function found(text: string | number) {
  const named = namedStep(run, text);
  return named.kind === "found" ? named.step.seq : named.why;
}

/** A ruling on the step of a number, at a time. */
function ruling(seq: number, atMs: number, word: Ruling["ruling"]): Ruling {
  const step =
    run.steps.find((one) => one.seq === seq) ?? buildStep({ seq, kind: "llm", name: "gone" });
  return {
    id: `RL-${atMs}`,
    runId: run.id,
    workflow: run.workflow,
    environment: run.environment,
    step: ruledStep(step),
    ruling: word,
    by: "Ada",
    note: null,
    atMs,
  };
}

describe("a step is named", () => {
  test("by the id of its span, in any case, or of another span of its operation", () => {
    expect(found("0000000000000003")).toBe(2);
    const steps = cleanSteps().map((step) =>
      step.seq === 3 ? { ...step, alsoSpanIds: ["ABCDEF0123456789".toLowerCase()] } : step,
    );
    expect(namedStep({ ...run, steps }, "ABCDEF0123456789")).toMatchObject({ step: { seq: 3 } });
  });

  test("by its number, as text or not", () => {
    expect([found(2), found(" 2 ")]).toEqual([2, 2]);
  });

  test("by a name that no other step has", () => {
    expect([found("find_rules"), found("get_claim")]).toEqual([2, 3]);
  });

  test("but not by a name that several have: their numbers are listed", () => {
    expect(found("chat")).toBe(
      '"chat" is what 2 steps are called; give the number of one of them: 1, 4',
    );
  });

  test("and an agent is where steps happen, no step: what is accepted is listed", () => {
    for (const text of ["desk", "0", "0000000000000001", "nothing", ""]) {
      expect(found(text)).toBe(
        `run ${run.id} has no step "${text}"; accepted are a span id, a number or a name that only one step has, of: 1 desk: model call, 2 find_rules, 3 get_claim, 4 desk: model call`,
      );
    }
  });

  test("where two stand on one span, by the number", () => {
    const steps = cleanSteps().map((step) =>
      step.seq === 2 ? { ...step, spanId: "0".repeat(15) + "2" } : step,
    );
    const shared = { ...run, steps };
    expect(namedStep(shared, "0".repeat(15) + "2")).toEqual({
      kind: "refused",
      why: `"0000000000000002" is what 2 steps are called; give the number of one of them: 1, 2`,
    });
    expect(namedStep(shared, "2")).toMatchObject({ kind: "found", step: { name: "find_rules" } });
  });
});

describe("of rulings", () => {
  test("the newest on a step holds, in whatever order they are given", () => {
    const history = fc.array(
      fc.tuple(
        fc.constantFrom(1, 2, 3, 4),
        fc.constantFrom("confirmed" as const, "rejected" as const),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (told, dice) => {
        const rulings = told.map(([seq, word], at) => ruling(seq, at, word));
        const last = new Map(told.map(([seq, word]) => [seq, word]));
        const shuffled = rulings
          .map((one) => ({ one, at: Number(dice.next().value) }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one);
        const { confirmed, rejected } = ruledIn(run, shuffled);
        expect(new Set(rejected.map(({ seq }) => seq))).toEqual(
          new Set([...last].flatMap(([seq, word]) => (word === "rejected" ? [seq] : []))),
        );
        const holding = rulings.filter(
          (one, at) =>
            one.ruling === "confirmed" &&
            !rulings.slice(at + 1).some((later) => later.step.seq === one.step.seq),
        );
        expect(confirmed?.ruling ?? null).toEqual(holding.at(-1) ?? null);
      }),
    );
  });

  test("one finds its step again when late spans have moved it, and nothing where it is gone", () => {
    const moved = { steps: cleanSteps().map((step) => ({ ...step, seq: step.seq + 3 })) };
    const { step } = ruling(2, 1, "confirmed");
    expect(stepRuled(moved, step)?.name).toBe("find_rules");
    expect(stepRuled({ steps: cleanSteps().slice(0, 2) }, step)).toBeUndefined();
    expect(ruledIn({ steps: [] }, [ruling(2, 1, "confirmed")])).toEqual({
      confirmed: null,
      rejected: [],
    });
  });

  test("those of an earlier id of a run are on the run", () => {
    const later = buildDigest(1, { aliases: [run.id] });
    const rulings = byRun([ruling(2, 1, "rejected")]);
    expect(rulingsOn(later, rulings)).toHaveLength(1);
    expect(rulingsOn(buildDigest(2), rulings)).toEqual([]);
  });
});
