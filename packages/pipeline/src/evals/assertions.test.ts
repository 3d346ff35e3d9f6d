import { describe, expect, test } from "vitest";
import type { Assertion } from "../model/assertion.ts";
import type { Run } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";
import { buildDigest, buildStep, goodSignals, measured } from "../testing/build-digest.ts";
import { buildCall, buildHandoff, buildRetrieval, buildRun, known } from "../testing/build-run.ts";
import { judge } from "./assertions.ts";
import { compileSchema } from "./contract.ts";
import type { OutputChecker, Subject } from "./subject.ts";

const checker: OutputChecker = {
  schema: (schema, value) => Promise.resolve(compileSchema(schema as object)(value)),
  validator: (command, output) =>
    Promise.resolve({ accepted: output.includes(command[0] ?? ""), why: "not in it" }),
  matches: (pattern, text) =>
    Promise.resolve(pattern === "slow" ? null : new RegExp(pattern).test(text)),
};

interface Given {
  readonly run?: Partial<Run>;
  readonly signals?: Partial<Signals>;
  readonly digest?: Parameters<typeof buildDigest>[1];
  readonly trial?: Partial<Pick<Subject, "answer" | "durationMs">>;
}

function subject({ run, signals, digest, trial }: Given = {}): Subject {
  return {
    run: buildRun(0, run),
    signals: { ...goodSignals, ...signals },
    digest: buildDigest(0, { cited: [], ungrounded: [], retrieved: null, ...digest }),
    answer: null,
    durationMs: 100,
    ...trial,
  };
}

async function judged(assertion: Assertion, given: Given = {}): Promise<string> {
  const { kind, why } = await judge(assertion, subject(given), checker, "evals/cases/EC-a.yaml");
  expect(why).not.toBe("");
  return kind;
}

const answered = (text: string): Given => ({ run: { output: known({ text }) } });
const unseen: Given = { run: { output: known<{ text: string }>(null), cited: null } };
const called = (...calls: readonly ReturnType<typeof buildCall>[]): Given => ({
  run: { toolCalls: calls },
});

describe("citations:subset-of-retrieved", () => {
  const assertion: Assertion = { type: "citations:subset-of-retrieved" };
  const cites: Given = { run: { cited: ["D-1"], retrievals: [buildRetrieval(0, ["D-1"])] } };

  test("passes a run that cites what it retrieved, or nothing", async () => {
    expect(await judged(assertion, cites)).toBe("pass");
    expect(await judged(assertion)).toBe("pass");
  });

  test("fails a run that cites what no retrieval returned", async () => {
    expect(await judged(assertion, { ...cites, digest: { ungrounded: ["D-1"] } })).toBe("fail");
  });

  test("fails a run that cites less than it should", async () => {
    expect(await judged({ ...assertion, value: { min: 1 } })).toBe("fail");
  });

  test("counts what the candidate itself says that it cites", async () => {
    const trial = { answer: { output: "x", citations: ["D-9"] } };
    expect(await judged(assertion, { ...cites, trial })).toBe("fail");
  });

  test("errs where the output is not visible: an error never passes", async () => {
    expect(await judged(assertion, unseen)).toBe("error");
  });
});

describe("behavior", () => {
  test("a reading that is absent is an error, never false and never zero", async () => {
    const assertion: Assertion = {
      type: "behavior:signal",
      value: { name: "confidence", gte: 0.7 },
    };
    expect(await judged(assertion)).toBe("error");
    expect(await judged(assertion, { signals: { confidence: measured(0.9) } })).toBe("pass");
    expect(await judged(assertion, { signals: { confidence: measured(0.1) } })).toBe("fail");
  });

  test("an answer that holds nothing to check is not ungrounded", async () => {
    const assertion: Assertion = {
      type: "behavior:signal",
      value: { name: "grounded", gte: 0.75 },
    };
    const grounded = { kind: "absent", why: "nothing_to_check" } as const;
    expect(await judged(assertion, { signals: { grounded } })).toBe("pass");
    expect(
      await judged(assertion, {
        signals: { grounded: { kind: "absent", why: "content_not_recorded" } },
      }),
    ).toBe("error");
  });

  test("a fallback fails, except on kinds of task that may fall back", async () => {
    const fell: Given = { signals: { fallback: measured(true) } };
    expect(await judged({ type: "behavior:no-fallback" }, fell)).toBe("fail");
    const value = { task_types: ["refund"] };
    const other: Given = { ...fell, run: { taskType: "chat" } };
    expect(await judged({ type: "behavior:no-fallback", value }, other)).toBe("pass");
  });

  test("a run that ended in an error fails; one whose end is not known errs", async () => {
    const source = { convention: "otel-genai", path: "status" } as const;
    const error = { type: "Boom", message: "boom", at: "x", propagated: false, source };
    expect(await judged({ type: "behavior:no-error" }, { run: { error } })).toBe("fail");
    expect(await judged({ type: "behavior:no-error" }, { run: { complete: false } })).toBe("error");
    expect(await judged({ type: "behavior:no-error" })).toBe("pass");
  });
});

describe("retrieval:non-empty", () => {
  const assertion: Assertion = { type: "retrieval:non-empty" };

  test("tells empty from not visible", async () => {
    expect(await judged(assertion, { run: { retrievals: [buildRetrieval(0, ["D-1"])] } })).toBe(
      "pass",
    );
    expect(await judged(assertion, { run: { retrievals: [buildRetrieval(0, [])] } })).toBe("fail");
    expect(await judged(assertion, { run: { retrievals: [buildRetrieval(0, null)] } })).toBe(
      "error",
    );
    expect(await judged(assertion)).toBe("fail");
  });
});

describe("output", () => {
  const due = answered('{"ticket":{"due_at":"2026-11-27 17:00","owner":null}}');

  test.each<[Assertion, string]>([
    [{ type: "output:contains", value: "due_at" }, "pass"],
    [{ type: "output:contains", value: ["due_at", "nowhere"] }, "fail"],
    [{ type: "output:not-contains", value: "nowhere" }, "pass"],
    [{ type: "output:not-contains", value: "due_at" }, "fail"],
    [{ type: "output:matches", value: "\\d{4}-\\d{2}" }, "pass"],
    [{ type: "output:matches", value: "^nothing" }, "fail"],
    [{ type: "output:matches", value: "slow" }, "error"],
    [{ type: "output:path", value: { pointer: "/ticket/due_at", type: "string" } }, "pass"],
    [{ type: "output:path", value: { pointer: "/ticket/due_at", format: "date-time" } }, "fail"],
    [{ type: "output:path", value: { pointer: "/ticket/owner", not_null: true } }, "fail"],
    [{ type: "output:path", value: { pointer: "/ticket/missing" } }, "fail"],
    [{ type: "output:path", value: { pointer: "/ticket/owner", eq: null } }, "pass"],
    [{ type: "output:json-schema", value: { type: "object", required: ["ticket"] } }, "pass"],
    [{ type: "output:json-schema", value: { type: "object", required: ["id"] } }, "fail"],
    [{ type: "downstream:validator", value: { run: ["ticket"] } }, "pass"],
    [{ type: "downstream:validator", value: { run: ["refund"] } }, "fail"],
  ])("%j is %s", async (assertion, expected) => {
    expect(await judged(assertion, due)).toBe(expected);
    // What cannot be seen cannot be judged.
    expect(await judged(assertion, unseen)).toBe("error");
  });
});

describe("trajectory", () => {
  const trajectory = called(
    buildCall(0, "search", { args: { q: "gifts", page: 1 } }),
    buildCall(1, "quote", { args: { id: 7 } }),
    buildCall(2, "search", { args: { q: "gifts", page: 2 } }),
  );

  test.each<[Assertion, string]>([
    [{ type: "trajectory:tool-used", value: "search" }, "pass"],
    [{ type: "trajectory:tool-used", value: ["search", "refund"] }, "fail"],
    [{ type: "trajectory:tool-used", value: { pattern: "se*", min: 2 } }, "pass"],
    [{ type: "trajectory:tool-used", value: { name: "quote", max: 0 } }, "fail"],
    [{ type: "not-trajectory:tool-used", value: "refund" }, "pass"],
    [{ type: "not-trajectory:tool-used", value: "quote" }, "fail"],
    [{ type: "trajectory:tool-sequence", value: ["search", "search"] }, "pass"],
    [{ type: "trajectory:tool-sequence", value: ["quote", "quote"] }, "fail"],
    [
      { type: "trajectory:tool-sequence", value: { mode: "exact", steps: ["search", "quote"] } },
      "fail",
    ],
    [{ type: "trajectory:tool-args-match", value: { name: "search", args: { page: 2 } } }, "pass"],
    [{ type: "trajectory:tool-args-match", value: { name: "search", args: { page: 3 } } }, "fail"],
    [
      {
        type: "trajectory:tool-args-match",
        value: { name: "quote", args: { id: 7 }, mode: "exact" },
      },
      "pass",
    ],
    [
      {
        type: "trajectory:tool-args-match",
        value: { name: "search", args: { page: 1 }, mode: "exact" },
      },
      "fail",
    ],
    [{ type: "trajectory:step-count", value: { type: "tool", max: 3 } }, "pass"],
    [{ type: "trajectory:step-count", value: { type: "tool", max: 2 } }, "fail"],
  ])("%j is %s", async (assertion, expected) => {
    expect(await judged(assertion, trajectory)).toBe(expected);
  });

  test("a run of which no step is visible is no proof that a tool was not called", async () => {
    expect(await judged({ type: "not-trajectory:tool-used", value: "quote" })).toBe("error");
  });

  test("a tool asked the same thing again and again is a loop", async () => {
    const steps = [0, 1, 2, 3].map((seq) =>
      buildStep({ seq, kind: "tool", name: "search", argsHash: "same" }),
    );
    const loop: Given = { digest: { steps } };
    expect(await judged({ type: "trajectory:no-loop" }, loop)).toBe("fail");
    expect(await judged({ type: "trajectory:no-loop", value: { max_repeats: 4 } }, loop)).toBe(
      "pass",
    );
  });

  test("arguments keep a schema in every call; a tool that is not called breaks nothing", async () => {
    const schema = { type: "object", properties: { id: { type: "string", pattern: "^pay_" } } };
    const assertion: Assertion = {
      type: "trajectory:tool-args-schema",
      value: { name: "get", schema },
    };
    const get = (seq: number, id: string) => buildCall(seq, "get", { args: { id } });
    expect(await judged(assertion, called(get(0, "pay_1"), get(1, "pay_2")))).toBe("pass");
    expect(await judged(assertion, called(get(0, "pay_1"), get(1, "2")))).toBe("fail");
    expect(await judged(assertion, called(buildCall(0, "other")))).toBe("pass");
    const hidden = buildCall(0, "get", {});
    expect(await judged(assertion, called({ ...hidden, args: known<unknown>(null) }))).toBe(
      "error",
    );
  });

  test("an argument that nothing before holds was made up", async () => {
    const step = buildStep({ seq: 0, kind: "tool", name: "quote" });
    const given = (unsupportedArgs: readonly string[]): Given => ({
      digest: { steps: [{ ...step, unsupportedArgs }] },
    });
    expect(await judged({ type: "trajectory:tool-args-supported" }, given(["4711"]))).toBe("fail");
    expect(await judged({ type: "trajectory:tool-args-supported" }, given([]))).toBe("pass");
  });
});

test("a hand-off keeps its contract, breaks it, or is not there to be judged", async () => {
  const schema = { type: "object", required: ["claim"] };
  const assertion: Assertion = { type: "handoff:contract", value: { to: "payer", schema } };
  const handing = (carried: unknown): Given => ({
    run: { handoffs: [buildHandoff(0, "payer", carried)] },
  });
  expect(await judged(assertion, handing({ claim: 1 }))).toBe("pass");
  expect(await judged(assertion, handing({ text: 1 }))).toBe("fail");
  expect(await judged(assertion, handing(null))).toBe("error");
  expect(await judged(assertion)).toBe("error");
});

test("a budget is of time, money and tokens, and errs where money is not told", async () => {
  expect(await judged({ type: "budget", value: { ms: 200 } })).toBe("pass");
  expect(await judged({ type: "budget", value: { ms: 50 } })).toBe("fail");
  expect(await judged({ type: "budget", value: { usd: 1 } })).toBe("error");
  const trial = { answer: { output: "x", usage: { usd: 2 } } };
  expect(await judged({ type: "budget", value: { usd: 1 } }, { trial })).toBe("fail");
});
