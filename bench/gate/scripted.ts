import { decide } from "@rootward/pipeline/evals/gate";
import { runTrials, trialsOf } from "@rootward/pipeline/evals/trials";
import { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { Severity } from "@rootward/pipeline/model/evalfields";
import type { Override } from "@rootward/pipeline/model/override";
import type { GateVerdict, Trial } from "@rootward/pipeline/model/verdict";
import type { Random } from "../shared/random.ts";

/** A case whose trials pass with a known chance: the agent is replaced by it, all else is the product's own code. */
export interface ScriptedCase {
  readonly evalCase: EvalCase;
  readonly passRate: number;
}

const classes = { P0: "safety", P1: "grounding", P2: "formatting" } as const;

/** An active case of a severity whose trials pass with this chance. */
export function scriptedCase(id: string, severity: Severity, passRate: number): ScriptedCase {
  const evalCase = EvalCase.parse({
    schema: "eval-case/v1",
    id,
    title: `The scripted case ${id}`,
    severity,
    failure_class: classes[severity],
    grader: "assertion",
    status: "active",
    owner: "@bench",
    provenance: { origin: "written", created: { at: "2026-11-24", by: "@bench", tool: "bench" } },
    agent: "scripted",
    workflow: "scripted",
    input: {},
    assert: [{ type: "behavior:no-error" }],
    unproven: true,
  });
  return { evalCase, passRate };
}

/** So many cases of one kind. */
export function scriptedCases(
  count: number,
  prefix: string,
  severity: Severity,
  passRate: number,
): readonly ScriptedCase[] {
  return Array.from({ length: count }, (_, index) =>
    scriptedCase(`EC-${prefix}-${index + 1}`, severity, passRate),
  );
}

/** One trial: what a draw says. */
function trialOf(index: number, passes: boolean): Trial {
  const outcome = passes ? "pass" : "fail";
  const grades = [{ kind: outcome, assertion: "behavior:no-error", why: "drawn" }] as const;
  return { index, outcome, grades, why: "drawn", drift: 0, durationMs: 0 };
}

/** One run of the gate as the product makes it, trials and decision, on drawn outcomes. */
export async function gateRun(
  cases: readonly ScriptedCase[],
  random: Random,
  today = "2026-11-24",
  overrides: readonly Override[] = [],
): Promise<GateVerdict> {
  const decided = [];
  for (const { evalCase, passRate } of cases) {
    const tally = await runTrials(evalCase, trialsOf(evalCase, {}), (_, index) =>
      Promise.resolve(trialOf(index, random.chance(passRate))),
    );
    decided.push({ tally, file: `${evalCase.id}.yaml`, lines: new Map<string, number | null>() });
  }
  return decide({ decided, overrides, today, breakGlass: false, problems: [] });
}
