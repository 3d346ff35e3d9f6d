import { beganMs } from "../model/cluster.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import { cleanWindowOf } from "./cleanwindow.ts";
import { deviationsOf } from "./deviations.ts";
import { viewOf } from "./view.ts";

/**
 * Of unfailed runs those that show a cluster's own deviation and began after its failures did: what broke the members broke them too,
 * and no rule noticed. They are held against the runs from before; where those are too few, against all.
 *
 * @returns none where the deviation was usual before
 */
export function sharing(
  cluster: Pick<Cluster, "attribution" | "firstMs" | "signature">,
  runs: readonly RunDigest[],
): ReadonlySet<RunId> {
  const { primary, component } = cluster.signature;
  const before = runs.filter(({ startedMs }) => startedMs < beganMs(cluster));
  const base = before.length < policy("casePassingMin") ? runs : before;
  const clean = cleanWindowOf(base);
  const shows = (run: RunDigest) =>
    deviationsOf(viewOf(run), clean).some(
      (each) => each.name === primary && each.component === component,
    );
  const showing = new Set(runs.filter(shows));
  const usual = base.filter((run) => showing.has(run)).length / Math.max(1, base.length);
  if (usual >= policy("usualDeviationShare")) return new Set();
  return new Set(
    [...showing].filter(({ startedMs }) => startedMs >= beganMs(cluster)).map(({ id }) => id),
  );
}
