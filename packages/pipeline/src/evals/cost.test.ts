import { expect, test } from "vitest";
import type { LlmCall } from "../model/run.ts";
import { usageOf } from "./cost.ts";

const prices = { luna: { input: 1, output: 4 }, terra: { input: 10, output: 40 } };

function call(modelAnswered: string | null, usage: LlmCall["usage"], modelRequested = "luna") {
  return { modelAnswered, modelRequested, usage } as LlmCall;
}

test("what a candidate tells stands, whatever its tokens would cost", () => {
  const calls = [call("luna", { in: 1_000_000, out: 0 })];
  expect(usageOf({ usd: 0.5, tokens: 7 }, calls, prices)).toEqual({ usd: 0.5, tokens: 7 });
});

test("else the tokens of all calls cost what their models cost, the one that answered first", () => {
  const calls = [
    call("luna", { in: 1_000, out: 500 }),
    call("terra", { in: 100, out: 10 }),
    call("luna-2026-09-30", { in: 1_000, out: 0 }),
  ];
  expect(usageOf({ tokens: 7 }, calls, prices)).toEqual({ tokens: 7, usd: 0.0054 });
});

test("part of a sum is no sum: a call without price or tokens leaves the cost unknown", () => {
  const known = call("luna", { in: 1, out: 1 });
  expect(usageOf(undefined, [], prices)).toBeUndefined();
  expect(usageOf(undefined, [known, call("x", { in: 1, out: 1 }, "y")], prices)).toBeUndefined();
  expect(usageOf(undefined, [known, call("luna", { in: 1 })], prices)).toBeUndefined();
  expect(usageOf({ tokens: 2 }, [call("toString", { in: 1, out: 1 }, "x")], prices)).toEqual({
    tokens: 2,
  });
});
