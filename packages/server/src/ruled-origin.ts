import { rankerTold } from "@rootward/pipeline/diagnose/flow-ranker";
import { byRun, rulingsOn } from "@rootward/pipeline/diagnose/rulings";
import { foundOrigin } from "@rootward/pipeline/diagnose/suspects";
import { viewOf } from "@rootward/pipeline/diagnose/view";
import { additiveRanker } from "@rootward/pipeline/rank/ranker";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import { indexOf, workflowOf } from "./standing.ts";

/**
 * What the last diagnosis says of a run, with the rulings that came since: whoever confirms or rejects an origin sees it at once.
 *
 * @param run  as it is read now
 * @returns null where the run is in no cluster: not failed, or not diagnosed yet
 */
export function ruledOrigin(
  diagnosis: Diagnosis | null,
  run: RunDigest,
  rulings: readonly Ruling[],
): DiagnosedRun | null {
  const diagnosed = indexOf(diagnosis).diagnosed.get(run.id) ?? null;
  const own = rulingsOn(run, byRun(rulings));
  if (diagnosed === null || own.length === 0) return diagnosed;
  const workflow = workflowOf(diagnosis, run);
  const found = foundOrigin({
    view: viewOf(run),
    deviations: diagnosed.deviations,
    affected: diagnosed.affected,
    clean: workflow?.baseline?.frozen === true ? "unread" : null,
    ranker: workflow === undefined ? additiveRanker : rankerTold(workflow.ranking),
    rulings: own,
  });
  return { ...diagnosed, ...found };
}
