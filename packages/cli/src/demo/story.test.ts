import { describe, expect, test } from "vitest";
import type { Cluster, Overview } from "./answers.ts";
import { causeLines, clusterLines, driftLines, plotOf, StoryError, trailLines } from "./story.ts";

const day = 86_400_000;
const onset = Date.UTC(2026, 10, 14, 5, 58);

const index = {
  kind: "index",
  title: "index answers-v8 → answers-v9",
  atMs: onset,
  before: "answers-v8",
  after: "answers-v9",
  origin: "spans",
} as const;

const cluster: Cluster = {
  id: "CL-00000001",
  signature: { primary: "empty_retrieval" },
  title: "asks finds nothing, and the answer cites what was never retrieved",
  workflow: "answers",
  environment: "production",
  size: 132,
  representative: "0".repeat(32),
  failing: { grounded: 1, fallback: 0.02 },
  trail: {
    failingName: "answer",
    hops: [
      { spanId: "b".repeat(16), name: "chat", proof: "call", text: null },
      { spanId: "a".repeat(16), name: "ask", proof: "value", text: "D-7" },
    ],
  },
  attribution: {
    causes: [
      {
        cause: "retrieval_drift",
        verdict: "attributed",
        match: 5,
        contradict: 0,
        notRun: 1,
        change: index,
      },
    ],
    onsetMs: onset + 33 * 60_000,
    notThese: [
      {
        change: { ...index, kind: "deploy", before: "1", after: "2", atMs: onset - day },
        why: "its runs were clean for a day (37 of 37)",
      },
    ],
  },
};

const overview: Overview = {
  workflows: [
    {
      name: "answers",
      environment: "production",
      drifts: [
        {
          workflow: "answers",
          environment: "production",
          signal: "grounded",
          before: 0.94,
          beforeRuns: 1014,
          after: 0.71,
          n: 424,
          onsetMs: onset,
          onsetPlusMinusMs: 5 * 3_600_000,
          seenAfterRuns: 96,
          falseAlarmRate: 0.004,
        },
      ],
    },
  ],
  clusters: [cluster, { ...cluster, id: "CL-00000002", size: 2 }],
};

describe("the demo's story", () => {
  test("says what was found, step by step, within 100 columns", () => {
    const plot = plotOf(overview);
    const lines = [
      ...driftLines(plot.drift),
      ...clusterLines(plot),
      ...trailLines(plot, {
        inputText: "How long?",
        outputText: "Seven years [D-7].",
        ungrounded: ["D-7"],
        steps: [{ spanId: "a".repeat(16), documents: { count: 0 } }],
      }),
      ...causeLines(plot),
    ];
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      1 drift      answers  grounded  0.94 → 0.71   since 14 Nov 05:58 ±5 h
                   1,014 runs before, seen 96 runs after, 424 since · false alarm 0.4 % a quarter
      2 cluster    CL-00000001  G···  asks finds nothing, and the answer cites what was never retrieved
                   132 runs · since 14 Nov 06:31 · 0 other clusters
      3 trail      “How long?” “Seven years [D-7].”
                   answer: cites D-7 ◂ chat ◂ ask returned 0 documents (D-7) ← first broken step
      4 cause      retrieval drift   attributed   5 checks match · 0 contradict · 1 not run
                   change: index answers-v8 → answers-v9, 14 Nov 05:58 (derived from spans)
                   not the deploy 1 → 2, 13 Nov 05:58 (derived from spans): its runs were clean for a day
                   (37 of 37)
      "
    `);
  });

  test("fails at the cause when no cluster is put down to retrieval", () => {
    const unknown = structuredClone(overview);
    for (const each of unknown.clusters) {
      for (const cause of each.attribution.causes) cause.cause = "unknown";
    }
    expect(() => plotOf(unknown)).toThrow(StoryError);
    expect(() => plotOf(unknown)).toThrow("step 4 cause of the story failed");
  });

  test("fails at the cause when it is only likely", () => {
    const likely = structuredClone(overview);
    for (const each of likely.clusters) {
      for (const cause of each.attribution.causes) cause.verdict = "likely";
    }
    expect(() => causeLines(plotOf(likely))).toThrow("retrieval_drift is only likely");
  });
});
