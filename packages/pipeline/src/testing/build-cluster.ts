import type { CauseName } from "../model/attribution.ts";
import type { Cluster } from "../model/cluster.ts";
import { ClusterId } from "../model/ids.ts";
import type { RunId } from "../model/ids.ts";

/** A cluster of these runs, put down to a cause, and what the test says of it. */
export function buildCluster(
  members: readonly RunId[],
  { cause = "unknown", ...given }: Partial<Cluster> & { readonly cause?: CauseName } = {},
): Cluster {
  const workflow = "claims";
  const environment = "production";
  const [representative] = members;
  if (representative === undefined) throw new Error("a cluster has members");
  return {
    id: ClusterId.parse("CL-9f3a1c2e"),
    signature: {
      version: 1,
      workflow,
      environment,
      primary: "repeated",
      component: "desk",
      key: "v1",
    },
    title: "claims: the output is rejected",
    workflow,
    environment,
    state: "diagnosed",
    history: [],
    aliases: [],
    members,
    representative,
    diverse: [],
    firstMs: 0,
    lastMs: 0,
    perDay: [],
    provisional: false,
    provisionalWhy: null,
    cleanWindow: null,
    failing: {},
    origin: null,
    originStanding: "none",
    confirmed: 0,
    trail: null,
    differences: [],
    common: [],
    varying: [],
    modes: [],
    signalNames: [],
    attribution: {
      causes: [
        {
          cause,
          verdict: "likely",
          probability: 0.8,
          terms: [],
          match: 2,
          contradict: 0,
          notRun: 0,
          checks: [],
          evidence: [],
          change: null,
          firstStep: "",
          material: [],
        },
      ],
      onsetMs: null,
      onsetPlusMinusMs: null,
      notThese: [],
    },
    ...given,
  };
}
