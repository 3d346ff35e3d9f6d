import { describe, expect, test } from "vitest";
import type { RunDigest } from "../model/digest.ts";
import { buildDigest, buildStep, cleanSteps, stepsWith } from "../testing/build-digest.ts";
import { cleanWindowOf } from "./cleanwindow.ts";
import { deviationsOf } from "./deviations.ts";
import { originStep, primaryOf, trailOf } from "./origin.ts";
import { viewOf } from "./view.ts";

/** An order of two kinds; only that of cold goods carries a temperature to the next agent. */
function order(index: number, cold: boolean): RunDigest {
  const carried = cold ? "/order:id\n/temp:int" : "/order:id";
  return buildDigest(index, {
    inputText: cold ? `Ship order ${index} cooled, please` : `Ship order ${index}, please`,
    steps: [
      buildStep({ seq: 1, kind: "llm", name: "plan" }),
      buildStep({
        seq: 2,
        kind: "handoff",
        name: "to_carrier",
        tool: "to_carrier",
        argsShape: carried,
        links: [{ from: 1, proof: "call", text: null }],
      }),
      buildStep({ seq: 3, kind: "llm", name: "book", agent: "carrier" }),
    ],
  });
}

function primary(run: RunDigest, clean: readonly RunDigest[]) {
  return primaryOf(deviationsOf(viewOf(run), cleanWindowOf(clean)));
}

const usual = Array.from({ length: 60 }, (_, index) => buildDigest(index));
const orders = Array.from({ length: 80 }, (_, index) => order(index, index % 2 === 0));

describe("what deviates, and where it began", () => {
  test("a clean run does not deviate", () => {
    expect(deviationsOf(viewOf(buildDigest(99)), cleanWindowOf(usual))).toEqual([]);
  });

  test("before a clean window is frozen, only what needs none is seen", () => {
    const run = buildDigest(99, {
      steps: stepsWith({
        get_claim: { resultShape: "/other:int" },
        find_rules: { documents: { count: 0, ids: [], topScore: null } },
      }),
    });
    expect(deviationsOf(viewOf(run), null).map(({ name }) => name)).toEqual(["empty_retrieval"]);
  });

  test("a hand-off without what the user's words always bring along dropped it", () => {
    const cold = order(100, true);
    const dropped = { ...cold, steps: order(100, false).steps, failed: ["downstream_ok"] as const };
    expect(primary(dropped, orders)).toMatchObject({
      name: "handoff_dropped",
      component: "to_carrier",
      seq: 1,
    });
    expect(deviationsOf(viewOf(order(101, false)), cleanWindowOf(orders))).toEqual([]);
  });

  test("a call that fails by a value nobody gave is charged to the model call that wrote it", () => {
    const run = buildDigest(99, {
      failed: ["error"],
      steps: stepsWith({
        get_claim: {
          outcome: "error",
          error: { class: "notfound", template: "no claim <n>", text: "no claim 999" },
          unsupportedArgs: ["999"],
        },
      }),
    });
    expect(primary(run, usual)).toMatchObject({
      name: "args_mismatch",
      component: "get_claim",
      seq: 1,
    });
  });

  test("an outage is the tool's, whatever it was asked with", () => {
    const run = buildDigest(99, {
      failed: ["error"],
      steps: stepsWith({
        get_claim: {
          outcome: "error",
          error: { class: "network", template: "bad gateway", text: "502" },
          unsupportedArgs: ["999"],
        },
      }),
    });
    expect(primary(run, usual)).toMatchObject({
      name: "error:network",
      component: "get_claim",
      seq: 3,
    });
  });

  test("an error that the next try mends is no deviation", () => {
    const steps = [
      ...cleanSteps().slice(0, 3),
      buildStep({
        seq: 3,
        kind: "tool",
        name: "get_claim",
        outcome: "error",
        error: { class: "timeout", template: "", text: "" },
      }),
      buildStep({ seq: 4, kind: "tool", name: "get_claim", retryOf: 3 }),
      buildStep({ seq: 5, kind: "llm", name: "chat" }),
    ];
    expect(deviationsOf(viewOf(buildDigest(99, { steps })), cleanWindowOf(usual))).toEqual([]);
  });

  test("documents that no clean run ever found are strange where the same ones come again and again", () => {
    const run = buildDigest(99, {
      failed: ["grounded"],
      steps: stepsWith({ find_rules: { documents: { count: 1, ids: ["X-7"], topScore: 0.8 } } }),
    });
    expect(primary(run, usual)?.name).toBe("strange_documents");
  });

  test("where the application rejects the output, the model call that wrote it is accused, and the trail says how", () => {
    const steps = [
      ...cleanSteps(),
      buildStep({
        seq: 5,
        kind: "app",
        name: "accept",
        agent: null,
        outcome: "soft_error",
        error: { class: "other", template: "total missing", text: "total missing" },
        links: [{ from: 4, proof: "value", text: "C-77" }],
      }),
    ];
    const view = viewOf(buildDigest(99, { steps, failed: ["downstream_ok"] }));
    const found = primaryOf(deviationsOf(view, cleanWindowOf(usual)));
    expect(found).toMatchObject({ name: "app_rejected", component: "accept: total missing" });
    const step = found && originStep(view, found);
    expect(step?.seq).toBe(4);
    expect(step && trailOf(view, step)).toMatchObject({
      failingName: "accept",
      hops: [{ name: "desk: model call", proof: "value", text: "C-77" }],
      proven: true,
    });
  });
});
