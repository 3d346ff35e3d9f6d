import type { Checker } from "../model/checker.ts";
import { describe, expect, test } from "vitest";
import type { Assertion } from "../model/assertion.ts";
import type { Run } from "../model/run.ts";
import type { Signals } from "../model/signal.ts";
import { buildDigest, buildStep, goodSignals, measured } from "../testing/build-digest.ts";
import {
  buildAgent,
  buildCall,
  buildHandoff,
  buildLlmCall,
  buildRetrieval,
  buildRun,
  known,
} from "../testing/build-run.ts";
import { judge } from "./assertions.ts";
import { compileSchema } from "./contract.ts";
import type { Subject } from "./subject.ts";

const checker: Checker = {
  schema: (schema, value) => Promise.resolve(compileSchema(schema as object)(value)),
  validator: ({ run }, { text }) =>
    Promise.resolve(
      run?.[0] === "hangs"
        ? { kind: "error", why: "did not end within 1 s and was stopped" }
        : { kind: text.includes(run?.[0] ?? "") ? "pass" : "fail", why: "not in it" },
    ),
  module: (path, evidence, args) =>
    Promise.resolve({ kind: "pass", why: JSON.stringify({ path, evidence, args }) }),
  matches: (pattern, text) =>
    Promise.resolve(pattern === "slow" ? null : new RegExp(pattern).test(text)),
};

type StepType = NonNullable<Extract<Assertion, { type: "trajectory:step-count" }>["value"]["type"]>;

interface Given {
  readonly run?: Partial<Run>;
  readonly signals?: Partial<Signals>;
  readonly digest?: Parameters<typeof buildDigest>[1];
  readonly trial?: Partial<Pick<Subject, "answer" | "durationMs" | "unseen">>;
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

  test("a signal may be held against what any agent, or each, declares of itself", async () => {
    const agent = (name: string, confidence: unknown) => ({
      ...buildAgent(0, name),
      declared: { confidence },
    });
    const run = { agents: [agent("intake", "0.9"), agent("payer", 0.4)] };
    const signals = { confidence: measured(0.9) };
    const asked = (span?: "root" | "any" | "all") =>
      judged(
        { type: "behavior:signal", value: { name: "confidence", gte: 0.7, ...(span && { span }) } },
        { run, signals },
      );
    expect(await asked()).toBe("pass");
    expect(await asked("root")).toBe("pass");
    expect(await asked("any")).toBe("pass");
    expect(await asked("all")).toBe("fail");
    const silent: Assertion = {
      type: "behavior:signal",
      value: { name: "confidence", gte: 0.7, span: "all" },
    };
    expect(await judged(silent, { signals })).toBe("pass");
    expect(await judged(silent)).toBe("error");
  });

  test("what the answer tells of a signal is believed where nothing else shows it", async () => {
    const assertion: Assertion = {
      type: "behavior:signal",
      value: { name: "confidence", gte: 0.7 },
    };
    const trial = { answer: { output: "x", signals: { confidence: 0.8 } } };
    expect(await judged(assertion, { trial })).toBe("pass");
    expect(await judged(assertion, { trial, signals: { confidence: measured(0.1) } })).toBe("fail");
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
    [{ type: "downstream:validator", value: { run: ["hangs"] } }, "error"],
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

  test("steps of each kind are told apart, and counted by their names", async () => {
    const says = (text: string, reasoning = 0) => ({
      ...buildLlmCall(0),
      output: [{ role: "assistant" as const, parts: [{ t: "text" as const, text }] }],
      usage: { reasoning },
    });
    const given: Given = {
      run: {
        toolCalls: [
          buildCall(0, "search_rules", { args: { q: "gifts" } }),
          buildCall(1, "Bash", { args: { command: "git status" } }),
          buildCall(2, "execute", { args: { id: 1 } }),
        ],
        retrievals: [buildRetrieval(0, ["D-1"])],
        llmCalls: [says("", 40), says("It is 60 EUR."), says("")],
        understood: { spans: 7, of: 9 },
      },
      digest: {
        steps: [0, 1].map((seq) => buildStep({ seq, kind: "agent", name: "invoke_agent desk" })),
      },
    };
    const counts = async (type: StepType, pattern?: string) => {
      const value = { type, min: 99, ...(pattern === undefined ? {} : { pattern }) };
      const { why } = await judge(
        { type: "trajectory:step-count", value },
        subject(given),
        checker,
        "evals/cases/EC-a.yaml",
      );
      return Number(why.split(" ")[0]);
    };
    expect(await counts("tool")).toBe(2);
    expect(await counts("command")).toBe(1);
    expect(await counts("search")).toBe(1);
    expect(await counts("message")).toBe(1);
    expect(await counts("reasoning")).toBe(1);
    expect(await counts("span")).toBe(9);
    expect(await counts("tool", "SEARCH_*")).toBe(1);
    expect(await counts("tool", "search")).toBe(0);
    expect(await counts("command", "git*")).toBe(1);
    expect(await counts("search", "search_rule?")).toBe(1);
    expect(await counts("message", "*60 EUR*")).toBe(1);
    expect(await counts("span", "invoke_agent *")).toBe(2);
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
  const assertion: Assertion = {
    type: "handoff:contract",
    value: { from: "desk", to: "payer", schema },
  };
  const handing = (carried: unknown): Given => ({
    run: { handoffs: [buildHandoff(0, "payer", carried)] },
  });
  expect(await judged(assertion, handing({ claim: 1 }))).toBe("pass");
  expect(await judged(assertion, handing({ text: 1 }))).toBe("fail");
  expect(await judged(assertion, handing(null))).toBe("error");
  expect(await judged(assertion)).toBe("error");
  const other: Assertion = { ...assertion, value: { from: "intake", to: "payer", schema } };
  expect(await judged(other, handing({ claim: 1 }))).toBe("error");
});

test("a trial without spans proves what was seen, and nothing about what was not", async () => {
  const unseen = { why: "no spans", listsCalls: false, tools: new Set(["search"]) };
  const made = (more: object = {}): Given => ({
    ...called(buildCall(0, "search", { args: { q: "gifts" } })),
    trial: { answer: { output: "It is 60 EUR." }, unseen, ...more },
  });
  const rows: readonly (readonly [Assertion, string, string])[] = [
    [{ type: "output:contains", value: "60" }, "pass", "pass"],
    [{ type: "trajectory:tool-used", value: "search" }, "pass", "pass"],
    [{ type: "trajectory:tool-used", value: { name: "search", max: 1 } }, "pass", "pass"],
    [{ type: "trajectory:tool-used", value: { pattern: "s*" } }, "pass", "pass"],
    [{ type: "trajectory:tool-used", value: "refund" }, "error", "fail"],
    [{ type: "not-trajectory:tool-used", value: "refund" }, "error", "pass"],
    [{ type: "not-trajectory:tool-used", value: "search" }, "fail", "fail"],
    [{ type: "trajectory:tool-sequence", value: ["search"] }, "pass", "pass"],
    [
      { type: "trajectory:tool-sequence", value: { mode: "exact", steps: ["search"] } },
      "error",
      "pass",
    ],
    [{ type: "trajectory:tool-args-match", value: { name: "search", args: {} } }, "pass", "pass"],
    [{ type: "trajectory:tool-args-match", value: { name: "refund", args: {} } }, "error", "fail"],
    [{ type: "trajectory:step-count", value: { type: "tool", max: 2 } }, "error", "pass"],
    [{ type: "trajectory:step-count", value: { type: "tool", max: 0 } }, "fail", "fail"],
    [{ type: "trajectory:step-count", value: { type: "message", max: 2 } }, "error", "error"],
    [{ type: "behavior:no-fallback" }, "error", "pass"],
    [{ type: "behavior:no-error" }, "error", "error"],
    [{ type: "retrieval:non-empty" }, "error", "error"],
    [{ type: "retrieval:non-empty", value: { tool: "search" } }, "fail", "fail"],
    [{ type: "handoff:contract", value: { from: "a", to: "b", schema: {} } }, "error", "error"],
  ];
  for (const [assertion, alone, listed] of rows) {
    expect([assertion, await judged(assertion, made())]).toEqual([assertion, alone]);
    const told = made({ unseen: { ...unseen, listsCalls: true } });
    expect([assertion, await judged(assertion, told)]).toEqual([assertion, listed]);
  }
});

test("a module is given all that is known of the run, and its arguments", async () => {
  const given = subject({
    run: { toolCalls: [buildCall(0, "lookup", { args: { q: "gifts" } })], taskType: "question" },
    trial: { answer: { output: { due: "2026-11-27" }, usage: { usd: 0.1 } } },
  });
  const assertion: Assertion = { type: "module", value: { path: "a.mjs", args: { most: 60 } } };
  const { why } = await judge(assertion, given, checker, "evals/cases/EC-a.yaml");
  expect(JSON.parse(why)).toMatchObject({
    path: "a.mjs",
    args: { most: 60 },
    evidence: {
      task_type: "question",
      output: { due: "2026-11-27" },
      tool_calls: [{ name: "lookup", arguments: { q: "gifts" } }],
      signals: { fallback: false },
      usage: { ms: 100, usd: 0.1, tokens: null },
      run: { toolCalls: [{ name: "lookup" }] },
    },
  });
});

test("a budget is of time, money and tokens, and errs where money is not told", async () => {
  expect(await judged({ type: "budget", value: { ms: 200 } })).toBe("pass");
  expect(await judged({ type: "budget", value: { ms: 50 } })).toBe("fail");
  expect(await judged({ type: "budget", value: { usd: 1 } })).toBe("error");
  const trial = { answer: { output: "x", usage: { usd: 2 } } };
  expect(await judged({ type: "budget", value: { usd: 1 } }, { trial })).toBe("fail");
});
