import type { DiagnosedRun } from "../model/cluster.ts";
import type { ClusterId } from "../model/ids.ts";
import type { Ranker } from "../rank/ranker.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Member } from "./facts.ts";
import { cleanAt } from "./readflow.ts";
import type { ReadFlow } from "./readflow.ts";
import { rulingsOn } from "./rulings.ts";
import { foundOrigin } from "./suspects.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the origin of a run is looked for with, beside the run. */
export interface OriginMeans extends Pick<Surroundings, "rulings"> {
  readonly ranker: Ranker;
  readonly cluster: ClusterId;
}

interface Said {
  readonly clean: Clean | null;
  readonly ranker: Ranker;
  readonly rulings: string;
  readonly run: DiagnosedRun;
}

/** What was said of a member stands as long as all that it follows from: the same object each time, so that a store need not write it again. */
const said = new WeakMap<Member, Said>();

/** A failed or affected run with its cluster and its origin. */
export function diagnosedRun(
  read: ReadFlow,
  member: Member,
  { ranker, rulings, cluster }: OriginMeans,
): DiagnosedRun {
  const { view, deviations, affected } = member;
  const clean = cleanAt(read, view.run.startedMs);
  const own = rulingsOn(view.run, rulings);
  const by = own.length === 0 ? "" : JSON.stringify(own);
  const before = said.get(member);
  if (
    before?.clean === clean &&
    before.ranker === ranker &&
    before.rulings === by &&
    before.run.cluster === cluster
  ) {
    return before.run;
  }
  const run = {
    id: view.run.id,
    cluster,
    cleanWindow: clean?.window.id ?? null,
    affected,
    deviations,
    ...foundOrigin({ view, deviations, affected, clean, ranker, rulings: own }),
  };
  said.set(member, { clean, ranker, rulings: by, run });
  return run;
}
