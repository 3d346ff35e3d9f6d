import fc from "fast-check";
import { expect, test } from "vitest";
import type { Override } from "../model/override.ts";
import type { TrialKey } from "../model/stored-trial.ts";
import type { Trial, TrialOutcome } from "../model/verdict.ts";
import { readResults, reusable, storedLine } from "./results.ts";
import { flakyOf, pooledOf, quarantines, sameTrials } from "./standing.ts";

const key: TrialKey = {
  case: "EC-a",
  caseHash: "c",
  cassetteHash: "r",
  grader: "g",
  tree: "t",
  identity: "i",
};
const at = "2026-11-24T10:00:00.000Z";

function trial(outcome: TrialOutcome, index = 0): Trial {
  const kind = outcome === "undecided" ? ("error" as const) : outcome;
  const grades = [{ kind, assertion: "a", why: "said so" }];
  return { index, outcome, grades, why: "said so", drift: 0, durationMs: 5, usd: 0.01 };
}

function stored(...lines: readonly string[]) {
  return readResults(lines.join("\n")).trials;
}

const line = (outcome: TrialOutcome, index = 0, more: Partial<TrialKey> = {}, when = at) =>
  storedLine({ ...key, ...more }, trial(outcome, index), when);

test("what was stored is read again as it was", () => {
  const told = { ...trial("pass"), versions: { "prompt:desk": "p" } };
  const [read] = stored(storedLine(key, told, at));
  expect(read).toMatchObject({ ...key, at, trial: told });
  expect(reusable(stored(storedLine(key, told, at)), key, 0)).toEqual(told);
});

test("a line that was cut or changed anywhere counts for nothing, and the others stay", () => {
  const good = line("fail");
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.constantFrom("", "x", "0", '"'), (place, put) => {
      const changed = `${good.slice(0, place)}${put}${good.slice(place + 1)}`;
      fc.pre(changed !== good);
      const { trials, corrupt } = readResults(`${changed}\n${line("pass", 1)}\n`);
      expect(corrupt).toBe(1);
      expect(trials.map((each) => each.trial.index)).toEqual([1]);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(reusable(readResults(text).trials, key, 0)).toBeNull();
    }),
  );
});

test("a pass that its grades do not prove is none", () => {
  const lie: Trial = { ...trial("fail"), outcome: "pass" };
  expect(readResults(storedLine(key, lie, at))).toEqual({ trials: [], corrupt: 1 });
  expect(readResults(storedLine(key, { ...lie, grades: [] }, at)).corrupt).toBe(1);
});

test("only the same candidate, case, recordings, grader, files and number may stand for a trial", () => {
  const others: Partial<TrialKey>[] = [
    { case: "EC-b" },
    { caseHash: "x" },
    { cassetteHash: "x" },
    { grader: "x" },
    { tree: "x" },
    { tree: null },
    { identity: "x" },
    { identity: null },
  ];
  for (const other of others) {
    expect(reusable(stored(line("pass", 0, other)), key, 0)).toBeNull();
    expect(reusable(stored(line("pass")), { ...key, ...other }, 0)).toBeNull();
    expect(reusable(stored(line("pass", 0, other)), { ...key, ...other }, 0) === null).toBe(
      other.tree === null || other.identity === null,
    );
  }
  expect(reusable(stored(line("pass", 1)), key, 0)).toBeNull();
  expect(reusable(stored(line("undecided")), key, 0)).toBeNull();
  expect(reusable(stored(line("pass")), key, 0)?.outcome).toBe("pass");
});

test("where stored trials disagree the failure stands: running again makes nothing green", () => {
  const outcomes = fc.array(fc.constantFrom<TrialOutcome>("pass", "fail", "undecided"));
  fc.assert(
    fc.property(outcomes, (all) => {
      const found = reusable(stored(...all.map((outcome) => line(outcome))), key, 0);
      if (all.includes("fail")) expect(found?.outcome).toBe("fail");
      else expect(found?.outcome ?? null).toBe(all.includes("pass") ? "pass" : null);
    }),
  );
});

test("trials of one candidate are counted together, with their bound", () => {
  const lines = Array.from({ length: 59 }, (_, index) => line("pass", index % 9));
  const same = sameTrials(stored(...lines, line("fail", 0, { identity: "x" })), key);
  const { n, fail, upperFailureRate } = pooledOf(same);
  expect({ n, fail }).toEqual({ n: 59, fail: 0 });
  expect(upperFailureRate).toBeLessThan(0.05);
  expect(pooledOf([...same, trial("fail")]).upperFailureRate).toBeGreaterThan(0.05);
  expect(pooledOf([]).upperFailureRate).toBe(1);
});

const row = (script: string): Trial[] =>
  script
    .split("")
    .map((letter, index) =>
      trial(letter === "p" ? "pass" : letter === "f" ? "fail" : "undecided", index),
    );

test("a case that passes and fails on one candidate is flaky, above 2 in 20 a candidate for quarantine", () => {
  expect(flakyOf(row("pppp"))).toBeNull();
  expect(flakyOf(row("ffff"))).toBeNull();
  expect(flakyOf(row("ppppufpp"))).toEqual({ fail: 1, of: 7, quarantine: false });
  expect(flakyOf(row(`${"p".repeat(17)}fff`))).toEqual({ fail: 3, of: 20, quarantine: true });
  expect(flakyOf(row("fffppppppp" + "p".repeat(20)))).toBeNull();
  expect(flakyOf(row("fffffp"))?.quarantine).toBe(false);
});

test("a quarantine is lifted by 20 clean trials in a row since it began, for good", () => {
  const override: Override = {
    schema: "override/v1",
    id: "OV-a",
    case: "EC-a",
    kind: "quarantine",
    severity: "P1",
    covers: { assertions: ["a"] },
    reason: "It fails now and then; the index is rebuilt on Friday.",
    risk: "One of ten answers names an old rule.",
    incident: "INC-7",
    follow_up: "https://example.com/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created: "2026-11-20",
    expires: "2026-12-01",
  };
  const lines = (script: string, from = "2026-11-24") =>
    script
      .split("")
      .map((letter, index) =>
        line(
          letter === "p" ? "pass" : letter === "f" ? "fail" : "undecided",
          index,
          { identity: `i${index % 3}` },
          `${from}T10:00:${String(index).padStart(2, "0")}.000Z`,
        ),
      );
  const clean = (...all: readonly string[][]) => quarantines([override], stored(...all.flat()))[0];
  expect(clean(lines("p".repeat(19)))).toMatchObject({ clean: 19, isLifted: false });
  expect(clean(lines("p".repeat(20)))).toMatchObject({ clean: 20, isLifted: true });
  expect(clean(lines(`${"p".repeat(10)}u${"p".repeat(10)}`))?.isLifted).toBe(true);
  expect(clean(lines(`${"p".repeat(10)}f${"p".repeat(19)}`))?.isLifted).toBe(false);
  expect(clean(lines(`${"p".repeat(20)}f`))?.isLifted).toBe(true);
  expect(clean(lines("p".repeat(30), "2026-11-19"))?.isLifted).toBe(false);
  expect(quarantines([{ ...override, kind: "expected_fail" }], [])).toEqual([]);
});
