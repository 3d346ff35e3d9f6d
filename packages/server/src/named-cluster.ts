import type { Cluster } from "@rootward/pipeline/model/cluster";
import type { Context } from "./context.ts";
import { Problem } from "./problem.ts";
import { indexOf } from "./standing.ts";

/** The cluster of an id or of one that leads to it. @throws Problem 404 */
export function clusterOf({ schedule }: Pick<Context, "schedule">, id: string): Cluster {
  const found = indexOf(schedule.diagnosis).clusters.get(id);
  if (found !== undefined) return found;
  const form = /^CL-[0-9a-f]{8}$/.test(id) ? "" : "; an id is CL- and 8 hex characters";
  throw new Problem(
    404,
    `no cluster ${id.slice(0, 100)}${form}. rootward clusters (GET /api/clusters) lists them`,
  );
}
