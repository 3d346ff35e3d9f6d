import { describe, expect, test } from "vitest";
import type { RunDigest, StepDigest } from "../model/digest.ts";
import { buildDigest, buildStep } from "../testing/build-digest.ts";
import { cleanWindowOf } from "./cleanwindow.ts";
import type { Member } from "./facts.ts";
import { deviationsOf } from "./deviations.ts";
import { distanceOf, meanWithin, traitsOf } from "./gower.ts";
import { modesOf } from "./mast.ts";
import { dottedName } from "./names.ts";
import { originStep, primaryOf } from "./origin.ts";
import { viewOf } from "./view.ts";

type Given = Partial<StepDigest> & { readonly tool: string };

/** A run in which a model asks for each call in turn, and then answers. */
function run(index: number, calls: readonly Given[], given: Partial<RunDigest> = {}): RunDigest {
  const steps = calls.flatMap((call, at): readonly StepDigest[] => {
    const seq = 2 * at + 1;
    return [
      buildStep({ seq, kind: "llm", name: "chat", tokensIn: 100 + 100 * at }),
      buildStep({
        seq: seq + 1,
        kind: "tool",
        name: call.tool,
        argsHash: `${call.tool} ${at}`,
        links: [{ from: seq, proof: "call", text: null }],
        ...call,
      }),
    ];
  });
  const last = 2 * calls.length + 1;
  const answer = buildStep({
    seq: last,
    kind: "llm",
    name: "chat",
    tokensIn: 100 + 100 * calls.length,
  });
  return buildDigest(index, { steps: [...steps, answer], ...given });
}

const amount = { resultShape: "/amount:float\n/id:id" };
const usualCalls: readonly Given[] = [
  { tool: "read" },
  { tool: "price", ...amount },
  { tool: "approve" },
  { tool: "write" },
];
/** Now and then a write fails and is tried again, so that one write after another is no new order. */
const retried: readonly Given[] = [
  ...usualCalls.slice(0, -1),
  { tool: "write", outcome: "error" },
  { tool: "write" },
];
const usual = Array.from({ length: 220 }, (_, index) =>
  run(index, index % 20 === 0 ? retried : usualCalls),
);
const clean = cleanWindowOf(usual);

function memberOf(broken: RunDigest): Member {
  const view = viewOf(broken);
  const deviations = deviationsOf(view, clean);
  const primary = primaryOf(deviations);
  const entry = { run: broken, versions: new Map() };
  return { entry, view, deviations, primary, affected: false, originKind: null };
}

function broken(calls: readonly Given[], given: Partial<RunDigest> = {}): Member {
  return memberOf(run(900, calls, { failed: ["downstream_ok"], ...given }));
}

function rejected(calls: readonly Given[]): Member {
  const { entry } = broken(calls);
  const seq = 2 * calls.length + 2;
  const app = buildStep({ seq, kind: "app", name: "book", agent: null, outcome: "soft_error" });
  return memberOf({ ...entry.run, steps: [...entry.run.steps, app] });
}

describe("a run that leaves the way of clean runs", () => {
  test("without a step that all of them have broke at the model call that should have asked for it", () => {
    const { primary } = broken([{ tool: "read" }, { tool: "price" }, { tool: "write" }]);
    expect(primary).toMatchObject({ name: "missing_step", component: "approve", seq: 5 });
  });

  test("and ends says so, and charges only the first step that it left out", () => {
    const { primary, deviations } = broken([{ tool: "read" }]);
    expect(primary).toMatchObject({ name: "missing_step:ended", component: "price", seq: 3 });
    expect(deviations.filter(({ kind }) => kind === "missing_step")).toHaveLength(1);
  });

  test("and asks another tool instead says which", () => {
    const { primary } = broken([
      { tool: "read" },
      { tool: "browse" },
      { tool: "approve" },
      { tool: "write" },
    ]);
    expect(primary).toMatchObject({ name: "missing_step:replaced", component: "price", seq: 3 });
    expect(primary?.seen).toContain("browse");
  });

  test("in a loop is a loop, and no missing step", () => {
    const again = Array.from({ length: 5 }, () => ({ tool: "read" }));
    expect(broken(again).primary).toMatchObject({ name: "loop", component: "read" });
  });
});

describe("what is mostly harmless", () => {
  test("a call made twice is named only where nothing but a refusal speaks", () => {
    const twice = [...usualCalls, { tool: "write", argsHash: "write 3" }];
    const { primary, view } = rejected(twice);
    expect(primary).toMatchObject({ name: "repeated", component: "write" });
    expect(primary && originStep(view, primary)?.kind).toBe("llm");
    const other = broken([
      { tool: "read" },
      { tool: "read", argsHash: "read 0" },
      { tool: "price" },
    ]);
    expect(other.primary?.kind).toBe("missing_step");
  });

  test("a whole number where 220 results had decimals is another scale", () => {
    const whole = usualCalls.map((call) =>
      call.tool === "price" ? { ...call, resultShape: "/amount:int\n/id:id" } : call,
    );
    expect(rejected(whole).primary).toMatchObject({ name: "value_scale", component: "price" });
  });
});

test("a model call that is told much less than the one before lost its context", () => {
  const { entry } = broken(usualCalls);
  const steps = entry.run.steps.map((step) => (step.seq === 9 ? { ...step, tokensIn: 60 } : step));
  expect(memberOf({ ...entry.run, steps }).primary).toMatchObject({ name: "context_cut", seq: 9 });
});

describe("hand-overs", () => {
  function handed(index: number, to: string, words: string): RunDigest {
    return buildDigest(index, {
      inputText: words,
      steps: [
        buildStep({ seq: 1, kind: "llm", name: "chat" }),
        buildStep({
          seq: 2,
          kind: "handoff",
          name: to,
          tool: to,
          links: [{ from: 1, proof: "call", text: null }],
        }),
        buildStep({ seq: 3, kind: "llm", name: "chat", agent: to }),
      ],
    });
  }
  const runs = Array.from({ length: 80 }, (_, index) =>
    index % 2 === 0
      ? handed(index, "to_private", `a private matter ${index}`)
      : handed(index, "to_company", `a company matter ${index}`),
  );
  const window = cleanWindowOf(runs);
  const primaryIn = (one: RunDigest) => primaryOf(deviationsOf(viewOf(one), window));

  test("to somebody to whom no clean run hands over deviate", () => {
    const primary = primaryIn(handed(99, "to_nowhere", "a private matter"));
    expect(primary).toMatchObject({ name: "handoff_target", seq: 1 });
  });

  test("to the other of two, against what the input says, deviate", () => {
    expect(primaryIn(handed(99, "to_company", "a private matter"))).toMatchObject({
      name: "handoff_target",
    });
    expect(primaryIn(handed(99, "to_private", "a private matter"))).toBeUndefined();
  });

  test("whose name may be a known one cut short say nothing", () => {
    expect(primaryIn(handed(99, "to_priv", "a private matter"))?.name).not.toBe("handoff_target");
  });
});

describe("distances and names", () => {
  const skipped = broken([{ tool: "read" }, { tool: "price" }, { tool: "write" }]);
  const ended = broken([{ tool: "read" }]);

  test("a run is no distance from itself, and the distance is the same from either side", () => {
    const [a, b] = [traitsOf(skipped), traitsOf(ended)];
    expect(distanceOf(a, a)).toBe(0);
    expect(distanceOf(a, b)).toBe(distanceOf(b, a));
    expect(distanceOf(a, b)).toBeGreaterThan(0.33);
    expect(distanceOf(a, b)).toBeLessThanOrEqual(1);
    expect(meanWithin([a])).toBe(0);
  });

  test("a mode is asserted where its detection is good and most members show it, else it is a hint", () => {
    expect(modesOf([ended, ended, ended])).toMatchObject([
      { id: "3.1", certainty: "asserted", members: { count: 3, of: 3 } },
    ]);
    expect(modesOf([ended, skipped, skipped])).toMatchObject([
      { id: "3.1", certainty: "hint", members: { count: 1, of: 3 } },
      { id: "3.2", certainty: "hint", members: { count: 2, of: 3 } },
    ]);
    expect(modesOf([])).toEqual([]);
  });

  test("deviations have the names of the signals taxonomy, where it has one", () => {
    expect(dottedName("error:rate")).toBe("signals.environment.exhaustion.rate_limit");
    expect(dottedName("repeated")).toBe("signals.execution.loops.retry");
    expect(dottedName("ungrounded")).toBeNull();
  });
});
