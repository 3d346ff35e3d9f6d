import { expect, test } from "vitest";
import type { LlmCall, Message, Run } from "../model/run.ts";
import { SpanId } from "../model/ids.ts";
import { buildCall, buildRun, known } from "../testing/build-run.ts";
import { noSettings } from "../model/workflow.ts";
import { goodSignals } from "../testing/build-digest.ts";
import { conversationOf } from "./conversation.ts";
import { digestRun } from "./digest.ts";
import { changesState, handsToPerson, isAssent } from "./talk-words.ts";

const user = (text: string): Message => ({ role: "user", parts: [{ t: "text", text }] });
const agent = (text: string): Message => ({ role: "assistant", parts: [{ t: "text", text }] });

function llmCall(seq: number, input: readonly Message[], output: readonly Message[]): LlmCall {
  return {
    spanId: SpanId.parse((seq + 1).toString(16).padStart(16, "0")),
    seq,
    agent: "desk",
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: known("Orders over 500 need a manager."),
    input,
    output,
    finish: null,
    usage: {},
    logprobs: known<never>(null),
    requested: [],
    failure: null,
    startNanos: 0n,
    endNanos: 1n,
  };
}

/** Two turns, a look-up, a reply with one number of the look-up and one of nothing, and an order cancelled after `last`. */
function dialogue(last: string): Run {
  const first = user("My order is W-77, please cancel it.");
  const reply = agent("It was 1,200.50; you get 1150 back. Unfortunately not more. Shall I?");
  return buildRun(0, {
    input: known("My order is W-77, please cancel it."),
    llmCalls: [
      llmCall(1, [first], []),
      llmCall(3, [first], [reply]),
      llmCall(5, [first, reply, user(last)], []),
    ],
    toolCalls: [
      buildCall(2, "get_order", { args: { id: "W-77" }, result: { total: "$1200.5" } }),
      buildCall(6, "cancel_order", { args: { id: "W-77" }, result: { ok: true } }),
      buildCall(7, "transfer_to_human_agent", { result: "ok" }),
    ],
  });
}

test("a conversation is counted in turns, words, writes, and what nobody had said or shown", () => {
  expect(conversationOf(dialogue("Hm, that is not what I was told, thanks"))).toEqual({
    userTurns: 2,
    userWords: 17,
    replyWords: 14,
    writes: 1,
    unconfirmedWrites: 1,
    unsupportedNumbers: 1,
    pushbacks: 1,
    refusals: 1,
    transfers: 1,
    thanks: 1,
  });
});

test("a write after a yes is confirmed, and in a run of one turn nobody is asked", () => {
  expect(conversationOf(dialogue("Yes, please go ahead")).unconfirmedWrites).toBe(0);
  const single = buildRun(1, {
    toolCalls: [buildCall(1, "cancel_order", { result: "ok" })],
    input: known("Cancel W-77"),
  });
  expect(conversationOf(single)).toMatchObject({ userTurns: 1, writes: 1, unconfirmedWrites: 0 });
});

test("a run without any text has zeros", () => {
  const silent = buildRun(2, { input: known<string>(null), output: known<never>(null) });
  expect(Object.values(conversationOf(silent)).every((count) => count === 0)).toBe(true);
});

test("a tool changes something if the first word known of its name says so", () => {
  const names = ["cancelOrder", "orders.cancel", "update_user", "mcp__crm__create-contact"];
  expect(names.map(changesState)).toEqual([true, true, true, true]);
  const reading = ["get_order", "find_orders_to_cancel", "searchFlights", "calculate", "xyzzy"];
  expect(reading.map(changesState)).toEqual([false, false, false, false, false]);
  expect([handsToPerson("transfer_to_human_agents"), handsToPerson("transfer_money")]).toEqual([
    true,
    false,
  ]);
});

test("an assent is told from words that only begin alike", () => {
  expect(["Yes.", "ok, do it", "Sí, claro", "that works for me"].map(isAssent)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["Yesterday I ordered", "not yet", "oklahoma"].map(isAssent)).toEqual([
    false,
    false,
    false,
  ]);
});

test("what one agent tells another in a user's place is no word of the user, and supports no argument", () => {
  const invented = buildCall(2, "ask_expert", { args: { claim: "W-99" }, result: "ok" });
  const told = buildRun(3, {
    input: known("Is my claim covered?"),
    llmCalls: [
      llmCall(1, [user("Is my claim covered?")], []),
      { ...llmCall(3, [user("Look up claim W-99"), user("again")], []), agent: "expert" },
    ],
    toolCalls: [invented],
  });
  expect(conversationOf(told).userTurns).toBe(1);
  const { digest } = digestRun(told, goodSignals, [], { settings: noSettings, violations: [] });
  expect(digest.steps.find(({ tool }) => tool === "ask_expert")?.unsupportedArgs).toEqual(["W-99"]);
  const asked = {
    ...told,
    llmCalls: [llmCall(1, [user("Is my claim covered?"), user("W-99")], [])],
  };
  const { digest: own } = digestRun(asked, goodSignals, [], {
    settings: noSettings,
    violations: [],
  });
  expect(own.steps.find(({ tool }) => tool === "ask_expert")?.unsupportedArgs).toEqual([]);
});
