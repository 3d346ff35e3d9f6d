import type { Checker } from "../model/checker.ts";
import { describe, expect, test } from "vitest";
import { lacking } from "../model/activation.ts";
import type { Assertion } from "../model/assertion.ts";
import { buildDigest, goodSignals } from "../testing/build-digest.ts";
import { buildCall, buildRun } from "../testing/build-run.ts";
import { choose } from "./backtest.ts";
import type { Subject } from "./subject.ts";

const checker: Checker = {
  schema: () => Promise.resolve([]),
  validator: () => Promise.resolve({ kind: "pass", why: "" }),
  module: () => Promise.resolve({ kind: "pass", why: "" }),
  matches: () => Promise.resolve(true),
};

function calling(...tools: readonly string[]): Subject {
  return {
    run: buildRun(0, { toolCalls: tools.map((name, seq) => buildCall(seq, name)) }),
    digest: buildDigest(0),
    signals: goodSignals,
    answer: null,
    durationMs: 1,
  };
}

const uses = (name: string): Assertion => ({
  type: "trajectory:tool-used",
  id: `uses-${name}`,
  value: name,
});
const many = (count: number, ...tools: readonly string[]) =>
  Array.from({ length: count }, () => calling(...tools));

describe("the choice among proposals", () => {
  test("ends with the first that catches enough, and says why the others were left", async () => {
    const members = many(20, "b");
    const clean = many(100, "a", "c");
    const chosen = await choose(
      [uses("x"), uses("b"), uses("a"), uses("c")],
      members,
      clean,
      checker,
    );
    expect(chosen.assertions).toEqual([uses("a")]);
    expect(chosen.validation).toEqual({ caught: 20, members: 20, accepted: 100, clean: 100 });
    expect(chosen.tried.map(({ left }) => left)).toEqual([
      "fails 20/20 members, but passes only 0/100 clean runs",
      "fails no member",
      null,
      "fails 20/20 members, which others do already",
    ]);
  });

  test("adds another where the first catches too few, and leaves stragglers of at most 5 %", async () => {
    const members = [...many(40, "c"), ...many(40, "a", "b"), ...many(2, "a", "c")];
    const clean = many(100, "a", "b", "c");
    const chosen = await choose([uses("a"), uses("c"), uses("b")], members, clean, checker);
    expect(chosen.assertions).toEqual([uses("a"), uses("c")]);
    expect(chosen.validation).toMatchObject({ caught: 80, members: 82 });
  });

  test("without any that separates the first is a draft's, and says what it lacks", async () => {
    const chosen = await choose([uses("a")], many(5, "a"), many(30, "a"), checker);
    expect(chosen.assertions).toEqual([uses("a")]);
    expect(lacking(chosen.validation)).toEqual([
      "its assertions fail 0 of 5 members, all are needed",
    ]);
  });
});
