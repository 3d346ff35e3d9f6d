import fc from "fast-check";
import { expect, test } from "vitest";
import { confidence } from "./confidence.ts";
import { downstreamOk } from "./downstream.ts";
import { fallback } from "./fallback.ts";
import type { FallbackStep } from "./fallback.ts";
import { grounded, isRefusal, unsupported, wordsOf } from "./grounded.ts";
import type { GroundedInput } from "./grounded.ts";

const nothing: GroundedInput = {
  declared: undefined,
  declaredAt: null,
  applies: true,
  output: null,
  outputAt: null,
  truncated: false,
  cited: [],
  retrieves: null,
  retrievals: 0,
  documents: null,
  texts: [],
  otherTexts: [],
  isContextVisible: false,
  hidden: false,
  minUnits: 3,
};

test("grounded is the share of cited ids that were retrieved", () => {
  const reading = grounded({
    ...nothing,
    output: "…",
    cited: ["A-1", "B-2"],
    documents: ["A-1"],
    retrievals: 1,
  });
  expect(reading).toMatchObject({ kind: "measured", value: 0.5, method: "cited_ids" });
});

test("a citation counts against an answer also when retrieval returned nothing", () => {
  const reading = grounded({
    ...nothing,
    output: "…",
    cited: ["A-1"],
    documents: [],
    retrievals: 1,
  });
  expect(reading).toMatchObject({ kind: "measured", value: 0 });
});

test("a run without retrieval has no grounded reading", () => {
  expect(grounded({ ...nothing, output: "The train leaves at nine." })).toEqual({
    kind: "absent",
    why: "no_retrieval",
  });
  expect(grounded({ ...nothing, output: "x", retrieves: false })).toEqual({
    kind: "absent",
    why: "not_applicable",
  });
});

test("an answer that honestly says that nothing was found is not ungrounded", () => {
  const output = "I found nothing about this in the sources.";
  expect(isRefusal(output)).toBe(true);
  expect(grounded({ ...nothing, output, documents: [], retrievals: 1 })).toEqual({
    kind: "absent",
    why: "nothing_to_check",
  });
});

test("what the application declares wins", () => {
  expect(grounded({ ...nothing, declared: true })).toMatchObject({
    value: 1,
    method: "declared",
    source: "application",
  });
});

test("whatever is not visible, nothing is measured as zero", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string()),
      fc.option(fc.boolean(), { nil: null }),
      (cited, retrieves) => {
        const reading = grounded({
          ...nothing,
          cited,
          retrieves: retrieves === true ? null : retrieves,
          hidden: true,
        });
        expect(reading.kind).toBe("absent");
      },
    ),
  );
});

const tool = (name: string, failed: boolean | null): FallbackStep => ({
  spanId: null,
  name,
  agent: null,
  kind: "tool",
  failed,
  isEmpty: false,
  model: null,
});
const base = {
  declared: undefined,
  declaredAt: null,
  applies: true,
  fallbackTools: null,
  knownTools: null,
  escalation: null,
  defaultAnswer: null,
};

test("a retry of the same call is no fallback, another tool after a failed one is", () => {
  expect(fallback({ ...base, steps: [tool("a", true), tool("a", false)] })).toMatchObject({
    value: false,
  });
  expect(
    fallback({ ...base, steps: [tool("a", true), tool("a", true), tool("b", false)] }),
  ).toMatchObject({
    value: true,
    method: "tool_substitute",
  });
  expect(
    fallback({ ...base, steps: [tool("a", true), tool("a", false), tool("b", false)] }),
  ).toMatchObject({ value: false });
});

test("what was learned of fallbacks says nothing of a tool that was never called then", () => {
  const steps = [tool("a", true), tool("a", true), tool("b", false)];
  const learned = { ...base, steps, fallbackTools: [] };
  expect(fallback({ ...learned, knownTools: ["a", "b"] })).toMatchObject({ value: false });
  expect(fallback({ ...learned, knownTools: ["a"] })).toMatchObject({ value: true });
  expect(fallback({ ...learned, knownTools: null })).toMatchObject({ value: false });
});

test("where it cannot be seen how a call ended, nothing is said of a fallback", () => {
  expect(fallback({ ...base, steps: [tool("a", null), tool("b", false)] })).toEqual({
    kind: "absent",
    why: "content_not_recorded",
  });
});

test("passing a run on to whom such runs are passed is a fallback, and so is an answer in place of one", () => {
  const steps = [tool("a", false)];
  const told = { spanId: "1", text: "passed on to a person" };
  expect(fallback({ ...base, steps, escalation: told })).toMatchObject({
    value: true,
    method: "escalation",
  });
  expect(fallback({ ...base, steps, defaultAnswer: told })).toMatchObject({
    value: true,
    method: "default_answer",
  });
});

test("an answer after an empty retrieval must stand in what else the run read", () => {
  const output = "Send the form 27-B within 14 days to the office in Graz, room 112.";
  const empty = { ...nothing, output, documents: [], retrievals: 1 };
  expect(grounded(empty)).toMatchObject({ value: 0, method: "retrieval_nonempty" });
  expect(grounded({ ...empty, otherTexts: [`The clerk says: ${output}`] })).toMatchObject({
    value: 1,
    method: "containment",
  });
  expect(grounded({ ...empty, otherTexts: ["Hello?"] })).toMatchObject({ value: 0 });
  expect(grounded({ ...empty, output: "Hello!" })).toEqual({
    kind: "absent",
    why: "nothing_to_check",
  });
});

test("confidence is that of the least sure choice of a tool", () => {
  const tokens = (logprob: number) => [
    { token: "find", logprob },
    { token: "(", logprob: -5 },
  ];
  const reading = confidence({
    declared: undefined,
    declaredAt: null,
    applies: true,
    evaluated: null,
    calls: [
      { spanId: "1", tools: ["find"], logprobs: tokens(0) },
      { spanId: "2", tools: ["find"], logprobs: tokens(Math.log(0.5)) },
    ],
  });
  expect(reading).toMatchObject({ kind: "measured", method: "logprobs" });
  expect(reading.kind === "measured" ? reading.value : 0).toBeCloseTo(0.5);
});

test("without a contract downstream_ok is absent, never true", () => {
  const input = {
    declared: undefined,
    declaredAt: null,
    applies: true,
    consumer: null,
    noOutput: null,
    violations: null,
    outputAt: null,
    outputVisible: true,
  };
  expect(downstreamOk(input)).toEqual({ kind: "absent", why: "no_contract" });
  expect(downstreamOk({ ...input, violations: ["/id: is null"] })).toMatchObject({
    value: false,
    method: "contract",
  });
});

test("words are runs of letters and digits, told alike in plain ASCII and beyond it", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary-ascii" }), fc.string({ unit: "grapheme" })),
      (text) => {
        const lower = text.toLowerCase();
        const all = lower.match(/[\p{L}\p{N}]+/gu) ?? [];
        const found = wordsOf(lower);
        expect(all.filter((word) => found.includes(word))).toEqual(found);
        expect(wordsOf(`${lower} é`)).toEqual([...found, "é"]);
      },
    ),
  );
  expect(wordsOf("the first of 12 rules")).toEqual(["first", "12", "rules"]);
});

test("units are found in order alike in plain ASCII and beyond it", () => {
  const word = fc.constantFrom(
    "1",
    "200",
    "the",
    "of",
    "to",
    "policy",
    "pol",
    "icy",
    "covers",
    "x1",
  );
  const between = fc.constantFrom(" ", ", ", "-", "", " the ", ". ");
  const text = fc
    .array(fc.tuple(word, between), { maxLength: 14 })
    .map((parts) => parts.flat().join(""));
  const unit = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(","));
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 4 }),
      fc.array(text, { maxLength: 3 }),
      (units, texts) => {
        const beyond = texts.map((own) => `é ${own} é`);
        expect(unsupported(units, texts)).toEqual(unsupported(units, beyond));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(unsupported(["1,200 policy"], ["it is 1 of the 200; policy"])).toEqual([]);
  expect(unsupported(["1,200 policy"], ["it is 1 of 2001; policy"])).toEqual(["1,200 policy"]);
});
