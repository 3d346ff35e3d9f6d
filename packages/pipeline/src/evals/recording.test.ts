import { describe, expect, test } from "vitest";
import type { Run } from "../model/run.ts";
import type { Signature } from "../model/cluster.ts";
import { buildDigest, goodSignals } from "../testing/build-digest.ts";
import { buildCall, buildRun, known } from "../testing/build-run.ts";
import { cassetteOf, unrecorded } from "./cassette.ts";
import { recordingOf } from "./recording.ts";
import type { Subject } from "./subject.ts";

function subject(index: number, given: Partial<Run> = {}): Subject {
  return {
    run: buildRun(index, given),
    digest: buildDigest(index),
    signals: goodSignals,
    answer: null,
    durationMs: 1,
  };
}

function signature(primary: string, component: string): Signature {
  const workflow = "claims";
  return { version: 1, workflow, environment: "ci", primary, component, key: "" };
}

const asks = (text: string) => ({ input: known(text) });
const searching = (args: object, outcome: "ok" | "error" = "ok") => ({
  toolCalls: [
    buildCall(0, "search", { args, result: outcome === "ok" ? { ids: [1] } : null, outcome }),
  ],
});

describe("a case's recordings", () => {
  test("are those of the failing run where it made the usual calls", () => {
    const failing = subject(0, { ...asks("gifts"), ...searching({ q: "gifts" }) });
    const clean = [subject(5, { ...asks("gifts"), ...searching({ q: "gifts" }) })];
    const cluster = {
      representative: failing.run.id,
      signature: signature("empty_retrieval", "search"),
    };
    expect(recordingOf([failing], clean, cluster)).toEqual({ failing, clean: null });
  });

  test("take a call that the failing run never made from a clean run with the same input", () => {
    const lonely = subject(0, asks("trains"));
    const twinned = subject(1, asks("gifts"));
    const twin = subject(5, { ...asks("gifts"), ...searching({ q: "gifts" }) });
    const clean = [subject(6, { ...asks("meals"), ...searching({ q: "meals" }) }), twin];
    const cluster = { representative: lonely.run.id, signature: signature("no_retrieval", "desk") };
    const recording = recordingOf([lonely, twinned], clean, cluster);
    expect(recording?.failing).toBe(twinned);
    expect(recording?.clean).toEqual({ subject: twin, tools: new Set(["search"]) });
  });

  test("without such a twin they are of the clean run that was asked most alike", () => {
    const failing = subject(0, asks("What may a dinner with suppliers cost?"));
    const near = subject(5, { ...asks("What may dinner cost?"), ...searching({ q: "dinner" }) });
    const clean = [subject(6, { ...asks("Trains?"), ...searching({ q: "trains" }) }), near];
    const cluster = {
      representative: failing.run.id,
      signature: signature("no_retrieval", "desk"),
    };
    expect(recordingOf([failing], clean, cluster)?.clean?.subject).toBe(near);
  });

  test("a tool that failed by itself stays failed, one that was asked wrongly gets an answer", () => {
    const failing = subject(0, { ...asks("gifts"), ...searching({ query: "gifts" }, "error") });
    const twin = subject(5, { ...asks("gifts"), ...searching({ q: "gifts" }) });
    const of = (primary: string) =>
      recordingOf([failing], [twin], {
        representative: failing.run.id,
        signature: signature(primary, "search"),
      })?.clean;
    expect(of("error:timeout")).toBeNull();
    expect(of("args_mismatch")).toEqual({ subject: twin, tools: new Set(["search"]) });
  });

  test("no members, no recording", () => {
    const cluster = { representative: subject(0).run.id, signature: signature("error", "x") };
    expect(recordingOf([], [], cluster)).toBeNull();
  });
});

describe("a cassette", () => {
  test("holds each call with its arguments and result, a failed one as failed", () => {
    const cassette = cassetteOf(subject(0, searching({ q: "gifts" }, "error")));
    expect(cassette).toMatchObject({
      ok: true,
      calls: [{ tool: "search", args: { q: "gifts" }, result: { error: "failed" }, failed: true }],
    });
  });

  test("leaves out hand-offs and calls that never ran, and says which results are not in the spans", () => {
    const toolCalls = [
      buildCall(0, "transfer", { role: "handoff", result: "ok" }),
      buildCall(1, "planned", { executed: false, result: "ok" }),
      buildCall(2, "hidden"),
    ];
    expect(cassetteOf(subject(0, { toolCalls }))).toMatchObject({ ok: true, calls: [] });
    expect(unrecorded(subject(0, { toolCalls }))).toEqual(["hidden"]);
  });

  test("is refused where a result looks like a secret", () => {
    const toolCalls = [buildCall(0, "config", { result: { password: "hunter22" } })];
    expect(cassetteOf(subject(0, { toolCalls }))).toEqual({
      ok: false,
      why: "the result or arguments of config hold what looks like a password",
    });
  });
});
