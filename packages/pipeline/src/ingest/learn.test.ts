import { expect, test } from "vitest";
import type { RunDigest, StepDigest } from "../model/digest.ts";
import { buildDigest, buildStep } from "../testing/build-digest.ts";
import { learn } from "./learn.ts";

const failed = (seq: number): StepDigest =>
  buildStep({ seq, kind: "tool", name: "lookup", tool: "lookup", outcome: "error" });
const worked = (seq: number): StepDigest =>
  buildStep({ seq, kind: "tool", name: "lookup", tool: "lookup", outcome: "ok" });
const handover = (seq: number, to: string): StepDigest =>
  buildStep({ seq, kind: "handoff", name: `desk → ${to}`, tool: null, outcome: "ok" });

function runs(count: number, make: (index: number) => Partial<RunDigest>): readonly RunDigest[] {
  return Array.from({ length: count }, (_, index) =>
    buildDigest(index, { cited: [], outputShape: null, ...make(index) }),
  );
}

const healthy = runs(40, (index) => ({
  steps: [worked(1)],
  inputText: `question ${index}`,
  outputText: `answer ${index}`,
}));

test("an agent that takes over only after a failure is an escalation, one that always does is not", () => {
  const passed = runs(4, () => ({ steps: [failed(1), handover(2, "person")] }));
  const usual = runs(6, () => ({ steps: [worked(1), handover(2, "specialist")] }));
  const settings = learn([...healthy, ...passed, ...usual], null);
  expect(settings.escalations).toEqual(["person"]);
  expect(settings.origins["escalations"]?.evidence).toContain("4 runs");
});

test("the same words for different questions after failures are a default answer", () => {
  const text = "Something went wrong. Please call us.";
  const excuses = runs(4, (index) => ({
    steps: [failed(1)],
    inputText: `other question ${index}`,
    outputText: text,
  }));
  const settings = learn([...healthy, ...excuses], null);
  expect(settings.defaultAnswers).toEqual([text.toLowerCase()]);
  // Said after a search that found nothing it is an honest answer.
  const honest = excuses.map((run) => ({
    ...run,
    steps: [{ ...worked(1), outcome: "empty" as const }],
  }));
  expect(learn([...healthy, ...honest], null).defaultAnswers).toEqual([]);
});

test("what a person declared wins, and says so", () => {
  const settings = learn(healthy, {
    escalations: ["duty_officer"],
    default_answers: ["/please call/"],
  });
  expect(settings.escalations).toEqual(["duty_officer"]);
  expect(settings.origins["default_answers"]).toEqual({
    from: "declared",
    evidence: "rootward.yaml",
  });
});

test("few runs teach nothing", () => {
  const settings = learn(healthy.slice(0, 5), null);
  expect([settings.retrievers, settings.escalations, settings.defaultAnswers]).toEqual([
    [],
    [],
    [],
  ]);
  expect(settings.citation).toBeNull();
});
