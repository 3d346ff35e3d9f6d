import { describe, expect, test } from "vitest";
import type { Assertion } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Span } from "../model/span.ts";
import type { CaseResult } from "../model/verdict.ts";
import { gate } from "../pipeline.ts";
import type { TrialEvidence } from "../ports.ts";
import { buildCase } from "../testing/build-case.ts";
import { toldSpans } from "./told-spans.ts";
import type { SeenCall } from "./told-spans.ts";

const traceId = "a".repeat(32);
const documents = { documents: [{ id: "DOC-1", text: "Gifts may cost up to 60 EUR." }] };
const lookup = { tool: "lookup", args: { query: "gifts" }, result: documents };

interface Left {
  readonly output?: unknown;
  readonly spans?: readonly Span[];
  readonly replayed?: readonly SeenCall[];
  readonly answer?: Partial<TrialEvidence["answer"]>;
  readonly replayedTools?: readonly string[];
}

const checker = {
  schema: () => Promise.resolve([]),
  validator: () => Promise.reject(new Error("spawn EAGAIN")),
  module: () => Promise.resolve({ kind: "pass", why: "said so" } as const),
  matches: () => Promise.resolve(true),
};

/** What the gate says of one trial that left this behind. */
async function tried(
  assert: readonly Assertion[],
  left: Left,
  more: Partial<EvalCase> = {},
): Promise<CaseResult> {
  const { output = "It is 60 EUR [DOC-1].", spans = [], replayed = [], answer = {} } = left;
  const evalCase = buildCase({
    assert: [...assert],
    trials: { policy: "must_hold", n: 1 },
    ...more,
  });
  const verdict = await gate(
    {
      cases: [{ evalCase, file: "evals/cases/EC-gift.yaml", lines: new Map() }],
      overrides: [],
      problems: [],
      today: "2026-11-27",
      breakGlass: false,
      trials: {},
      laneOf: () => ({ name: "desk", atOnce: 1 }),
      contractFor: () => null,
      map: [],
      onProgress: () => undefined,
    },
    {
      checker,
      judge: { ask: () => Promise.reject(new Error("no model is asked")) },
      candidate: {
        run: () =>
          Promise.resolve({
            spans,
            logs: [],
            traceId,
            startedMs: 0,
            noSpans: spans.length === 0 ? "the agent sent no spans" : null,
            replayedTools: left.replayedTools ?? ["lookup"],
            answer: { output, ...answer },
            replayed: replayed.map((call) => ({ ...call, match: "exact" as const })),
            durationMs: 5,
          }),
      },
    },
  );
  const [result] = verdict.cases;
  if (result === undefined) throw new Error(verdict.sentence);
  return result;
}

const citations: Assertion = { type: "citations:subset-of-retrieved" };
const uses: Assertion = { type: "trajectory:tool-used", value: "lookup" };
const neverDeletes: Assertion = { type: "not-trajectory:tool-used", value: "delete" };

describe("a trial without spans", () => {
  test("is decided by its answer where that is all a check needs", async () => {
    const contains: Assertion = { type: "output:contains", value: "60 EUR" };
    expect((await tried([contains], {})).verdict).toBe("pass");
    expect((await tried([contains], { output: "Nothing." })).verdict).toBe("fail");
  });

  test("is undecided where a check needs spans, and says why there are none", async () => {
    const result = await tried([neverDeletes], {});
    expect(result.why).toBe("not-trajectory:tool-used: the agent sent no spans");
    expect(result.verdict).toBe("undecided");
  });

  test("is read with the calls that the replay saw, by the rules of production", async () => {
    const grounded: Assertion = { type: "behavior:signal", value: { name: "grounded", gte: 1 } };
    const assert = [uses, citations, grounded, { type: "retrieval:non-empty" } as const];
    expect((await tried(assert, { replayed: [lookup] })).verdict).toBe("pass");
    const invents = await tried([citations], { replayed: [lookup], output: "See DOC-9." });
    expect(invents.why).toContain("cited but not retrieved: DOC-9");
    expect((await tried([uses], {})).verdict).toBe("fail");
    // What it cites may come from a retrieval that nothing shows.
    expect((await tried([citations], { replayedTools: [] })).verdict).toBe("undecided");
  });

  test("believes the calls that the answer lists, but not of tools that the replay knows", async () => {
    const search = { name: "search", arguments: '{"q":"gifts"}' };
    const args: Assertion = {
      type: "trajectory:tool-args-match",
      value: { name: "search", args: { q: "gifts" } },
    };
    const answer = { tool_calls: [search] };
    expect((await tried([args, neverDeletes], { answer })).verdict).toBe("pass");
    const lying = { tool_calls: [search, { name: "lookup", arguments: {} }] };
    expect((await tried([uses], { answer: lying })).verdict).toBe("fail");
    const openai = { tool_calls: [{ type: "function", function: search }] };
    expect((await tried([args], { answer: openai })).verdict).toBe("pass");
  });

  test("proves nothing by a list in which a call cannot be read", async () => {
    const answer = { tool_calls: [{ name: "search" }, { functionCall: { name: "delete" } }] };
    expect((await tried([neverDeletes], { answer })).verdict).toBe("undecided");
  });
});

describe("a trial with spans", () => {
  const spans = (output: string, calls: readonly SeenCall[]) =>
    toldSpans(buildCase(), output, calls, traceId);

  test("is completed by calls that only the answer lists", async () => {
    const answer = { tool_calls: [{ name: "delete", arguments: {} }] };
    const shown = spans("Done.", []);
    expect((await tried([neverDeletes], { spans: shown, answer })).verdict).toBe("fail");
    expect((await tried([neverDeletes], { spans: shown })).verdict).toBe("pass");
  });

  test("is completed by calls that the replay saw and the spans do not show", async () => {
    const hiding = spans("It is 60 EUR [DOC-1].", []);
    const loop: Assertion = { type: "trajectory:no-loop", value: { max_repeats: 2 } };
    expect((await tried([uses, citations], { spans: hiding })).verdict).toBe("fail");
    expect((await tried([uses, citations], { spans: hiding, replayed: [lookup] })).verdict).toBe(
      "pass",
    );
    const often = await tried([loop], { spans: hiding, replayed: [lookup, lookup, lookup] });
    expect(often.why).toContain("lookup was called 3 times");
  });

  test("counts a call once that both show, also where a tool asks in other words", async () => {
    const shown = spans("It is 60 EUR [DOC-1].", [{ ...lookup, args: { topic: "gifts" } }]);
    const once: Assertion = { type: "trajectory:tool-used", value: { name: "lookup", max: 1 } };
    const asModel: Assertion = {
      type: "trajectory:tool-args-match",
      value: { name: "lookup", args: { topic: "gifts" } },
    };
    const result = await tried([once, asModel], { spans: shown, replayed: [lookup] });
    expect(result.why).toContain("called: lookup");
    expect(result.verdict).toBe("pass");
  });

  test("has arguments and results of the replay where its spans keep them back", async () => {
    const silent = spans("It is 60 EUR [DOC-1].", [
      { tool: "lookup", args: undefined, result: undefined },
    ]);
    const args: Assertion = {
      type: "trajectory:tool-args-match",
      value: { name: "lookup", args: { query: "gifts" } },
    };
    expect((await tried([args], { spans: silent })).verdict).toBe("undecided");
    expect((await tried([args, citations], { spans: silent, replayed: [lookup] })).verdict).toBe(
      "pass",
    );
  });
});

test("what throws while it is asked is an error of that check, with its sentence", async () => {
  const validator: Assertion = { type: "downstream:validator", value: { run: ["check"] } };
  const result = await tried([{ type: "output:contains", value: "60" }, validator], {});
  expect(result.why).toBe("downstream:validator: spawn EAGAIN");
  expect(result.verdict).toBe("undecided");
  expect(result.trialResults[0]?.grades.map(({ kind }) => kind)).toEqual(["pass", "error"]);
});
