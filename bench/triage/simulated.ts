import { flowsOf } from "@rootward/pipeline/diagnose/flows";
import { readFlow } from "@rootward/pipeline/diagnose/readflow";
import { simulate } from "@rootward/simulator";
import { digestsOf } from "../demo/digests.ts";
import type { Population } from "./methods.ts";

/**
 * Traffic of the simulator, one population a workflow: the runs behind its baseline; failed are those that an injected fault touched.
 */
export function simulatedPopulations(seed: number, runsPerWorkflow: number): readonly Population[] {
  const simulation = simulate({
    seed,
    endAt: Date.UTC(2026, 10, 14),
    days: 21,
    runsPerWorkflow,
  });
  const touched = simulation.touched();
  const { digests } = digestsOf(simulation.deliveries);
  return flowsOf(digests).flatMap((flow): readonly Population[] => {
    const {
      clean,
      reference,
      flow: reread,
    } = readFlow(flow, {
      baselineWindow: null,
      needsDays: true,
    });
    const inBaseline = new Set(reference.runs.map(({ id }) => id));
    const later = reread.runs.filter(({ id }) => !inBaseline.has(id));
    const failed = later.map(({ traceIds }) => traceIds.some((id) => touched.has(id)));
    if (!failed.includes(true)) return [];
    return [
      {
        name: `simulator, seed ${seed}: ${flow.workflow}`,
        digests: later,
        tasks: later.map(({ id }) => id),
        failed,
        known: { clean, clusterOf: () => null },
      },
    ];
  });
}
