import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { expect, test } from "vitest";
import { newReplay } from "./replay.ts";

const from = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const recorded = (args: object, result: unknown, failed = false): RecordedCall => ({
  tool: "search",
  args,
  result,
  failed,
  from,
});
const tape = [recorded({ q: "gifts" }, 1), recorded({ q: "meals" }, 2)];

test("a call is answered by the recording of the same arguments, in whatever order they stand", () => {
  const replay = newReplay([recorded({ q: "gifts", n: 1 }, 1)], "exact");
  expect(replay.answer("search", { n: 1, q: "gifts" })).toMatchObject({
    match: "exact",
    result: 1,
  });
});

test("match: args also takes a call with more arguments than the recorded ones", () => {
  const call = { q: "meals", page: 2 };
  expect(newReplay(tape, "exact").answer("search", call).match).toBe("miss");
  expect(newReplay(tape, "args").answer("search", call)).toMatchObject({
    match: "args",
    result: 2,
  });
});

test("match: sequence answers other arguments with the next unused recording, as drift", () => {
  const replay = newReplay(tape, "sequence");
  expect(replay.answer("search", { q: "gift" })).toMatchObject({ match: "sequence", result: 1 });
  expect(replay.answer("search", { q: "meal" })).toMatchObject({ match: "sequence", result: 2 });
});

test("the same question again gets the same answer", () => {
  const replay = newReplay(tape, "exact");
  expect(replay.answer("search", { q: "gifts" }).result).toBe(1);
  expect(replay.answer("search", { q: "gifts" })).toMatchObject({ match: "exact", result: 1 });
});

test("a tool without a recording is a miss, and every call is kept", () => {
  const replay = newReplay(tape, "sequence");
  expect(replay.answer("other", {}).match).toBe("miss");
  replay.answer("search", { q: "gifts" });
  expect(replay.calls.map(({ tool, match }) => `${tool} ${match}`)).toEqual([
    "other miss",
    "search exact",
  ]);
});

test("a recorded failure answers its own arguments; others get what did not fail", () => {
  const replay = newReplay(
    [recorded({ query: "gifts" }, "no", true), recorded({ q: "meals" }, 2)],
    "sequence",
  );
  expect(replay.answer("search", { query: "gifts" })).toMatchObject({
    match: "exact",
    failed: true,
  });
  expect(replay.answer("search", { q: "gifts" })).toMatchObject({
    match: "sequence",
    result: 2,
    failed: false,
  });
  const broken = newReplay([recorded({ q: "gifts" }, "down", true)], "sequence");
  expect(broken.answer("search", { q: "anything" })).toMatchObject({
    match: "sequence",
    failed: true,
  });
});
