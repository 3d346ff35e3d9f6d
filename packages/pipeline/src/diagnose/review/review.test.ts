import { describe, expect, test } from "vitest";
import { RunId } from "../../model/ids.ts";
import { annotationId, BatchId, FailureModeId } from "../../model/review.ts";
import type { Annotation, FailureMode, ReviewBatch, ReviewVerdict } from "../../model/review.ts";
import { kappaOf } from "../../model/agreement.ts";
import { kappasOf } from "./agreement.ts";
import {
  bookFor,
  bookOf,
  drawnRuns,
  standingMode,
  standingModes,
  unreadOf,
  verdictsOf,
} from "./book.ts";
import { failureRate, signalAgreement } from "./rates.ts";
import { readinessOf } from "./readiness.ts";
import { codesOf, saturationOf } from "./saturation.ts";

const runOf = (n: number) => RunId.parse((n + 1).toString(16).padStart(32, "0"));
const atOf = (minute: number) => new Date(Date.UTC(2026, 10, 2) + minute * 60_000).toISOString();
const modeIdOf = (n: number) => FailureModeId.parse(`FM-${n.toString(16).padStart(8, "0")}`);

function said(n: number, minute: number, given: Partial<Annotation> = {}): Annotation {
  const of = {
    run: runOf(n),
    workflow: "desk",
    environment: "production",
    reviewer: "mira",
    at: atOf(minute),
    verdict: "bad" as const,
    note: "",
    codes: [],
    failureMode: null,
    step: null,
    batch: null,
    blind: true,
    ...given,
  };
  return { kind: "annotation", id: annotationId(of), ...of };
}

function mode(n: number, minute: number, given: Partial<FailureMode> = {}): FailureMode {
  return {
    kind: "failureMode",
    id: modeIdOf(n),
    workflow: "desk",
    environment: "production",
    at: atOf(minute),
    by: "mira",
    name: `mode ${n}`,
    mergedInto: null,
    ...given,
  };
}

function batch(random: readonly number[], chosen: readonly number[]): ReviewBatch {
  const entry = (part: "random" | "signals") => (n: number) => ({
    run: runOf(n),
    part,
    reason: "because",
    signature: null,
  });
  return {
    kind: "batch",
    id: BatchId.parse("RB-00000001"),
    workflow: "desk",
    environment: "production",
    at: atOf(0),
    by: "mira",
    window: { start: 0, end: 1 },
    size: 5,
    population: 9,
    entries: [...random.map(entry("random")), ...chosen.map(entry("signals"))],
  };
}

describe("the book", () => {
  test("the newest of each reviewer on each run counts, in whatever order records come", () => {
    const records = [
      said(1, 1),
      said(1, 5, { verdict: "good", blind: false }),
      said(1, 2, { reviewer: "jo" }),
      said(2, 3, { environment: "staging" }),
    ];
    const book = bookOf([...records, ...records].toReversed());
    expect(book.annotations.map(({ verdict, reviewer }) => `${reviewer} ${verdict}`)).toEqual([
      "jo bad",
      "mira bad",
      "mira good",
    ]);
    expect(book.blind.map(({ at, reviewer }) => `${reviewer} ${at}`)).toContain(`mira ${atOf(1)}`);
    const production = bookFor(book, { workflow: "desk", environment: "production" });
    expect(production.annotations).toHaveLength(2);
    expect([...verdictsOf(production.annotations)]).toEqual([[runOf(1), "unsure"]]);
  });

  test("a merged mode stands for the one that it became part of; a circle stands for none", () => {
    const { modes } = bookOf([
      mode(1, 1),
      mode(2, 1),
      mode(3, 1),
      mode(1, 2, { mergedInto: modeIdOf(2) }),
      mode(2, 3, { mergedInto: modeIdOf(3), name: "renamed" }),
    ]);
    expect(standingMode(modes, modeIdOf(1))?.id).toBe(modeIdOf(3));
    expect(standingModes({ modes }).map(({ id }) => id)).toEqual([modeIdOf(3)]);
    const circle = bookOf([...modes, mode(3, 4, { mergedInto: modeIdOf(1) })]).modes;
    expect(standingMode(circle, modeIdOf(1))).toBeUndefined();
    expect(standingModes({ modes: circle })).toEqual([]);
    expect(standingMode(modes, modeIdOf(9))).toBeUndefined();
  });

  test("a reviewer goes on with the runs of a batch that are not read", () => {
    const one = batch([1], [2, 3]);
    const unread = unreadOf(one, [said(2, 1), said(3, 1, { reviewer: "jo" })], "mira");
    expect(unread.map(({ run }) => run)).toEqual([runOf(1), runOf(3)]);
    expect([...drawnRuns([one])]).toEqual([runOf(1)]);
  });
});

describe("agreement of two readers", () => {
  const verdicts = (text: string): readonly ReviewVerdict[] =>
    Array.from(text, (letter) => (letter === "b" ? "bad" : letter === "g" ? "good" : "unsure"));

  test("is that beyond chance: the example of the textbooks", () => {
    // 20 both yes, 15 both no, 5 and 10 apart: agreement 0.7, chance 0.5, kappa 0.4. Source: Cohen 1960.
    const first = verdicts("b".repeat(25) + "g".repeat(25));
    const second = verdicts("b".repeat(20) + "g".repeat(5) + "b".repeat(10) + "g".repeat(15));
    const { agreed, kappa, interval } = kappaOf(first, second);
    expect([agreed, kappa]).toEqual([0.7, expect.closeTo(0.4, 9)]);
    expect(interval).toEqual([expect.closeTo(0.125, 3), expect.closeTo(0.618, 3)]);
  });

  test("on everything still has a width: ten runs are ten runs", () => {
    const { kappa, interval } = kappaOf(verdicts("bbbbbggggg"), verdicts("bbbbbggggg"));
    expect(kappa).toBe(1);
    expect(interval).toEqual([expect.closeTo(0.445, 3), expect.closeTo(1, 9)]);
  });

  test("has no answer where nothing varies, and none without runs", () => {
    expect(kappaOf(verdicts("bbb"), verdicts("bbb"))).toEqual({
      agreed: 1,
      kappa: null,
      interval: null,
    });
    expect(kappaOf([], [])).toEqual({ agreed: 0, kappa: null, interval: null });
    expect(() => kappaOf(verdicts("b"), [])).toThrow(RangeError);
  });

  test("is taken on runs that both read blind, and says when they are too few", () => {
    const both = Array.from({ length: 20 }, (_, n) => [
      said(n, n, { verdict: n % 2 === 0 ? "bad" : "good" }),
      said(n, n, { reviewer: "jo", verdict: n % 2 === 0 || n === 1 ? "bad" : "good" }),
    ]).flat();
    const [kappa] = kappasOf([...both, said(99, 99)]);
    expect(kappa).toMatchObject({
      reviewers: ["jo", "mira"],
      runs: 20,
      agreed: 0.95,
      tooFew: false,
    });
    expect(kappasOf(both.slice(0, 6))[0]).toMatchObject({ runs: 3, tooFew: true });
    expect(kappasOf([said(1, 1)])).toEqual([]);
  });
});

describe("saturation", () => {
  test("is two times ten runs without a new code; spelling and repetition are no news", () => {
    const codes = (n: number) => (n < 8 ? [`code ${n % 4}`] : n < 11 ? ["CODE  1 "] : []);
    const annotations = Array.from({ length: 34 }, (_, n) => said(n, n, { codes: codes(n) }));
    expect(saturationOf(annotations)).toEqual({
      runs: 34,
      codes: 4,
      newPerTen: [4, 0, 0],
      nextIsNew: 0,
      saturated: true,
    });
    expect(saturationOf(annotations.slice(0, 25))).toMatchObject({
      newPerTen: [4, 0],
      saturated: false,
    });
    expect(codesOf(annotations)[0]).toEqual({ code: "code 1", runs: 5 });
  });

  test("nothing read, or nothing named, is not saturated", () => {
    expect(saturationOf([])).toMatchObject({ runs: 0, nextIsNew: null, saturated: false });
    const silent = Array.from({ length: 40 }, (_, n) => said(n, n));
    expect(saturationOf(silent)).toMatchObject({ newPerTen: [0, 0, 0, 0], saturated: false });
  });
});

describe("rates", () => {
  const verdicts = verdictsOf([
    said(1, 1),
    said(2, 1, { verdict: "good" }),
    said(3, 1, { verdict: "good" }),
    said(4, 1, { verdict: "unsure" }),
    said(5, 1),
    said(6, 1),
  ]);

  test("of bad runs come from the random part only", () => {
    const found = failureRate(verdicts, drawnRuns([batch([1, 2, 3, 4, 8], [5, 6])]));
    expect(found).toMatchObject({ bad: { count: 1, of: 3 }, unsure: 1, unread: 1 });
    expect(found.bad.interval[0]).toBeGreaterThan(0.05);
    expect(found.bad.interval[1]).toBeLessThan(0.8);
    expect(failureRate(verdicts, new Set()).bad.interval).toEqual([0, 1]);
  });

  test("the rule is held against people who are sure, on runs that are still stored", () => {
    const failed = new Map([
      [runOf(1), true],
      [runOf(2), true],
      [runOf(3), false],
      [runOf(4), true],
      [runOf(5), false],
    ]);
    expect(signalAgreement(verdicts, (run) => failed.get(run))).toMatchObject({
      runs: 4,
      precision: { count: 1, of: 2 },
      recall: { count: 1, of: 2 },
    });
  });
});

describe("readiness", () => {
  const full = Array.from({ length: 34 }, (_, n) =>
    said(n, n, { codes: n < 3 ? [`code ${n}`] : ["code 1"], failureMode: modeIdOf(n < 3 ? 1 : 2) }),
  );

  test("says what is missing, and with which numbers", () => {
    const { ready, requirements, modes } = readinessOf(bookOf([...full.slice(0, 12), mode(1, 0)]));
    expect(ready).toBe(false);
    expect(requirements.map(({ what, have, met }) => [what, have, met])).toEqual([
      ["runs read", "12", false],
      ["saturation: new codes in the last ten runs, and the ten before", "3", false],
      ["failure modes with 3 bad runs", "1", true],
    ]);
    expect(modes).toMatchObject([{ bad: 3, enough: true }]);
  });

  test("is reached when all of it holds; a merged mode's runs count where it went", () => {
    const merged = [mode(1, 0), mode(2, 0), mode(1, 99, { mergedInto: modeIdOf(2) })];
    const { ready, modes, automation } = readinessOf(bookOf([...full, ...merged]));
    expect(ready).toBe(true);
    expect(modes).toMatchObject([{ bad: 34 }]);
    expect(automation.ready).toBe(false);
  });

  test("readers who do not agree are not ready", () => {
    const other = full.map(({ run, at }, n) =>
      said(0, 0, { run, at, reviewer: "jo", verdict: n % 2 === 0 ? "bad" : "good" }),
    );
    const found = readinessOf(bookOf([...full, mode(1, 0), mode(2, 0), ...other]));
    expect(found.ready).toBe(false);
    expect(found.requirements.at(-1)).toMatchObject({ met: false, needed: "at least 0.6" });
  });
});
