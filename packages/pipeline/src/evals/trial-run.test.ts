import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trialRun } from "./trial-run.ts";

const traceId = "a".repeat(32);
const begun = { workflow: "desk", traceId, startedMs: 1_000_000 };

interface Made {
  readonly trace: string;
  readonly workflow?: string;
  readonly steps?: number;
  readonly startedMs?: number;
}

type Sent = Parameters<typeof trialRun>[0][number];

function sent({ trace, workflow = "desk", steps = 1, startedMs = 1_000_010 }: Made): Sent {
  const made: unknown = {
    run: { workflow, traceIds: [trace] },
    digest: { startedMs, steps: Array.from({ length: steps }, () => ({})) },
  };
  return isSent(made) ? made : expect.fail("not a run");
}

function isSent(value: unknown): value is Sent {
  return typeof value === "object" && value !== null && "run" in value && "digest" in value;
}

const [other, third] = ["b".repeat(32), "c".repeat(32)];

describe("the run that a trial is graded on", () => {
  test("is of the trial's own trace, however many steps a foreign one has", () => {
    const own = sent({ trace: traceId });
    const foreign = sent({ trace: other, steps: 9 });
    expect(trialRun([foreign, own], begun)).toEqual({ run: own });
  });

  test("is the longest of the case's workflow in the trial's trace, else the longest there", () => {
    const [short, long] = [sent({ trace: traceId }), sent({ trace: traceId, steps: 3 })];
    const elsewhere = sent({ trace: traceId, workflow: "judge", steps: 9 });
    expect(trialRun([short, elsewhere, long], begun)).toEqual({ run: long });
    expect(trialRun([elsewhere], begun)).toEqual({ run: elsewhere });
  });

  test("is not known where the trial's trace holds something else and another one the workflow", () => {
    const runs = [sent({ trace: traceId, workflow: "http" }), sent({ trace: other, steps: 4 })];
    expect(trialRun(runs, begun)).toEqual({
      run: null,
      why: expect.stringContaining(`the agent's run of desk is in trace ${other}`),
    });
  });

  test("is the only one of an agent that starts a trace of its own", () => {
    const run = sent({ trace: other });
    expect(trialRun([run, sent({ trace: third, workflow: "judge" })], begun)).toEqual({ run });
  });

  test("is not guessed from two", () => {
    const runs = [sent({ trace: other }), sent({ trace: third, steps: 4 })];
    expect(trialRun(runs, begun)).toEqual({
      run: null,
      why: expect.stringContaining("several runs of desk in traces of its own"),
    });
  });

  test("is none that began before the trial, nor none at all", () => {
    const run = sent({ trace: other, startedMs: begun.startedMs - 60_000 });
    expect(trialRun([run], begun)).toEqual({
      run: null,
      why: `the agent sent a run of trace ${other} that began before the trial did: it is no evidence`,
    });
    expect(trialRun([], begun)).toMatchObject({ run: null });
  });

  test("never is a foreign one while the trial's own trace has any", () => {
    const made = fc.record({
      trace: fc.constantFrom(traceId, other, third),
      workflow: fc.constantFrom("desk", "judge"),
      steps: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 6 }), (all) => {
        const runs = all.map(sent);
        const { run } = trialRun(runs, begun);
        const hasOwn = all.some(({ trace }) => trace === traceId);
        if (run !== null && hasOwn) expect(run.run.traceIds).toEqual([traceId]);
        if (run !== null) expect(runs).toContain(run);
      }),
    );
  });
});
