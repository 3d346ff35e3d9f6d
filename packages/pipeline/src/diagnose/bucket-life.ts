import type { Bucket, ClusterContext } from "./cluster.ts";
import { compareText } from "./flows.ts";
import type { Surroundings } from "./surroundings.ts";

/** What stands for a cluster, by its own id or one that leads to it. */
export function lifeOfBucket(
  { id }: Bucket,
  around: Pick<Surroundings, "guarded" | "guardedMs" | "closed" | "placement">,
): Pick<ClusterContext, "life" | "aliases"> {
  const { guarded, guardedMs, closed, placement } = around;
  const aliases = [...placement.aliases]
    .flatMap(([alias, kept]) => (kept === id ? [alias] : []))
    .toSorted(compareText);
  const ids = [id, ...aliases];
  const closures = ids.flatMap((one) => closed.get(one) ?? []);
  const since = ids.flatMap((one) => guardedMs.get(one) ?? []);
  return {
    aliases,
    life: {
      isGuarded: ids.some((one) => guarded.has(one)),
      guardedMs: since.length > 0 ? Math.min(...since) : null,
      resolvedMs: placement.resolvedMs.get(id) ?? null,
      closed: closures.toSorted((a, b) => b.atMs - a.atMs)[0] ?? null,
    },
  };
}

/** What persons found when they ran checks of a cluster, by its own id or one that leads to it. */
export function resultsOn(
  { id }: Pick<Bucket, "id">,
  { results, placement }: Pick<Surroundings, "results" | "placement">,
): Surroundings["results"] {
  const ids = new Set<string>([id]);
  for (const [alias, kept] of placement.aliases) if (kept === id) ids.add(alias);
  return results.filter(({ cluster }) => ids.has(cluster));
}
