import { expect, test } from "vitest";
import type { Cluster } from "../model/cluster.ts";
import type { RunDigest } from "../model/digest.ts";
import { buildDigest, buildStep } from "../testing/build-digest.ts";
import { sharing } from "./sharing.ts";

/** Hands a claim over, with its contract or, `broken`, without. */
function handing(index: number, broken: boolean): RunDigest {
  return buildDigest(index, {
    steps: [
      buildStep({ seq: 1, kind: "llm", name: "plan" }),
      buildStep({
        seq: 2,
        kind: "handoff",
        name: "to_handler",
        tool: "to_handler",
        argsShape: broken ? "/claim:id" : "/claim:id\n/policy:id\n/product:text",
      }),
      buildStep({ seq: 3, kind: "llm", name: "decide", agent: "handler" }),
    ],
  });
}

function cluster(onset: RunDigest | null): Pick<Cluster, "attribution" | "firstMs" | "signature"> {
  return {
    attribution: {
      causes: [],
      onsetMs: onset && onset.startedMs,
      onsetPlusMinusMs: null,
      notThese: [],
    },
    firstMs: handing(100, false).startedMs,
    signature: {
      version: 1,
      workflow: "claims",
      environment: "production",
      primary: "handoff_schema",
      component: "to_handler",
      key: "",
    },
  };
}

const before = Array.from({ length: 60 }, (_, index) => handing(index, false));

test("unfailed runs since the onset that show the cluster's deviation do not teach; others and earlier ones do", () => {
  const after = [handing(100, true), handing(101, false), handing(102, true)];
  const early = handing(59, true);
  const runs = [...before.slice(0, 59), early, ...after];
  const shared = sharing(cluster(handing(90, false)), runs);
  expect(shared).toEqual(new Set([after[0]?.id, after[2]?.id]));
});

test("without an onset the first member's start stands for it", () => {
  const runs = [...before, handing(99, true), handing(101, true)];
  expect(sharing(cluster(null), runs)).toEqual(new Set([handing(101, true).id]));
});

test("what was usual before is no trace of the break", () => {
  const usual = before.map((run, index) => (index % 4 === 0 ? handing(index, true) : run));
  expect(sharing(cluster(handing(90, false)), [...usual, handing(100, true)])).toEqual(new Set());
});
