import { expect, test } from "vitest";
import { readTape } from "./cassette.ts";

const call = {
  tool: "search",
  args: { q: "gifts" },
  result: null,
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};
const hash = "9b8d".repeat(16);

test("a line is a call; the hash of the tool's schema and a failure may stand there too", () => {
  const lines = [call, { ...call, failed: true, schema_sha256: hash }].map((each) =>
    JSON.stringify(each),
  );
  expect(readTape(`${lines.join("\n\n")}\n`, "search.jsonl")).toEqual({
    ok: true,
    value: [call, { ...call, failed: true, schema_sha256: hash }],
  });
  expect(readTape("", "search.jsonl")).toEqual({ ok: true, value: [] });
});

test.each([
  [
    { ...call, resutl: 1 },
    /^search\.jsonl:2:\d+: unknown key "resutl"; accepted: the keys tool, args, result/,
  ],
  [
    { ...call, result: undefined },
    /^search\.jsonl:2:1: result is missing: expected any JSON value/,
  ],
  [{ ...call, args: undefined }, /^search\.jsonl:2:1: args is missing/],
  [
    { ...call, from: { trace_id: "4bf9" } },
    /^search\.jsonl:2:\d+: from\.span_id is missing; accepted: text/,
  ],
  [{ ...call, failed: "yes" }, /^search\.jsonl:2:\d+: failed is "yes"; accepted: true or false/],
  [{ ...call, tool: "" }, /^search\.jsonl:2:\d+: tool is "": expected the name of a tool/],
  [{ ...call, schema_sha256: "9b8d…" }, /schema_sha256 is "9b8d…": expected the SHA-256/],
])("%j is refused with its place, the value and what is accepted", (wrong, sentence) => {
  const read = readTape(`${JSON.stringify(call)}\n${JSON.stringify(wrong)}\n`, "search.jsonl");
  expect(read.ok ? [] : read.errors).toEqual([expect.stringMatching(sentence)]);
});

test("a line that is no JSON is shown", () => {
  const read = readTape("{tool: search}\n", "search.jsonl");
  expect(read.ok ? [] : read.errors).toEqual([
    'search.jsonl:1:2: "{tool: search}" is no JSON; accepted: one recorded call as a JSON object',
  ]);
});
