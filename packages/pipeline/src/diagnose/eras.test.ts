import { describe, expect, test } from "vitest";
import type { AcceptedBaseline } from "../model/accepted.ts";
import type { RunDigest } from "../model/digest.ts";
import { beginMs, buildRuns, goodSignals, measured } from "../testing/build-digest.ts";
import { diagnoseRuns } from "./diagnose.ts";

const hourMs = 3_600_000;
const bad = (): Partial<RunDigest> => ({
  signals: { ...goodSignals, grounded: measured(0.2) },
  failed: ["grounded"],
  ungrounded: ["D-9"],
});

/** 260 clean runs, then every third one bad, for good. */
const runs = [...buildRuns(0, 260), ...buildRuns(260, 800, { every: 3, broken: bad })];

function acceptedAt(index: number, given: Partial<AcceptedBaseline> = {}): AcceptedBaseline {
  const fromMs = beginMs + index * hourMs;
  return {
    id: `a${index}`,
    workflow: "claims",
    environment: "production",
    fromMs,
    acceptedMs: fromMs + 100 * hourMs,
    by: "ana",
    why: "the new index has no rules of last year",
    change: null,
    reprocess: false,
    replaced: null,
    ...given,
  };
}

function diagnose(accepted: readonly AcceptedBaseline[], given = runs) {
  const options = { baselineWindow: null, needsDays: true, accepted };
  return diagnoseRuns({ runs: given, told: [], texts: new Map(), options });
}

describe("an accepted baseline", () => {
  test("holds from its time on: the drift that it accepts has ended, and none is found against it", () => {
    const [before] = diagnose([]).workflows;
    expect(before?.drifts.map(({ open }) => open)).toEqual([true]);
    expect(before?.accepted).toBeNull();
    const accepted = acceptedAt(300);
    const [after] = diagnose([accepted]).workflows;
    expect(after?.drifts.map(({ open, endMs }) => [open, endMs])).toEqual([
      [false, accepted.fromMs],
    ]);
    expect(after?.accepted).toEqual(accepted);
    expect(after?.baseline?.window.start).toBe(accepted.fromMs);
    expect(after?.baseline?.id).not.toBe(before?.baseline?.id);
    expect([after?.runs, after?.failedRuns]).toEqual([before?.runs, before?.failedRuns]);
  });

  test("runs that were signed before keep their clusters, each in one", () => {
    const [before, after] = [diagnose([]), diagnose([acceptedAt(300)])];
    const signedUntil = beginMs + 400 * hourMs;
    const idsBefore = new Set(
      runs.flatMap(({ id, startedMs }) => (startedMs < signedUntil ? id : [])),
    );
    const signed = ({ standings }: typeof before) =>
      standings.flatMap(({ id, cluster }) => (idsBefore.has(id) ? `${id} ${cluster}` : []));
    expect(signed(after)).toEqual(signed(before));
    expect(after.standings).toHaveLength(runs.length);
    expect(new Set(after.runs.map(({ id }) => id)).size).toBe(after.runs.length);
    expect(after.runs.length).toBe(before.runs.length);
  });

  test("while too few runs came since, says what is missing and alarms nothing", () => {
    const [workflow] = diagnose([acceptedAt(760)]).workflows;
    expect(workflow?.state).toBe("learning");
    expect(workflow?.missing).toEqual({ runs: 160, days: 6 });
    expect(workflow?.drifts.filter(({ open }) => open)).toEqual([]);
  });

  test("the order of runs and of acceptances changes nothing; one of another workflow neither", () => {
    const [first, second] = [acceptedAt(300), acceptedAt(550)];
    const expected = diagnose([first, second]);
    expect(diagnose([second, first], runs.toReversed())).toEqual(expected);
    const other = acceptedAt(300, { id: "other", workflow: "other" });
    expect(diagnose([first, second, other])).toEqual(expected);
  });
});
