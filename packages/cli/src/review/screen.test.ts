import fc from "fast-check";
import { expect, test } from "vitest";
import { RunId, SpanId } from "@rootward/pipeline/model/ids";
import { BatchId } from "@rootward/pipeline/model/review";
import type { LlmCall, Message } from "@rootward/pipeline/model/run";
import { buildCall, buildRun, known } from "@rootward/pipeline/testing/build-run";
import { columnsOf } from "./lines.ts";
import { noColors, screenLines } from "./screen.ts";
import type { View } from "./screen.ts";
import { emptyDraft } from "./session.ts";
import { transcriptOf } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

const user = (text: string): Message => ({ role: "user", parts: [{ t: "text", text }] });
const agent = (text: string): Message => ({ role: "assistant", parts: [{ t: "text", text }] });

function llmCall(seq: number, of: Partial<LlmCall>): LlmCall {
  return {
    spanId: SpanId.parse((seq + 1).toString(16).padStart(16, "0")),
    seq,
    agent: "desk",
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: known<string>(null),
    input: [],
    output: [],
    finish: null,
    usage: {},
    logprobs: known<never>(null),
    requested: [],
    failure: null,
    startNanos: 0n,
    endNanos: 1n,
    ...of,
  };
}

const dialogue = buildRun(0, {
  llmCalls: [
    llmCall(1, { input: [user("Cancel W-77.")] }),
    llmCall(3, {
      input: [user("Cancel W-77.")],
      output: [agent("It is paid already. Shall I?")],
    }),
    llmCall(5, {
      input: [user("Cancel W-77."), agent("It is paid already. Shall I?"), user("Yes")],
      output: [agent('{"cancelled":"W-77","refund":null}')],
    }),
  ],
  toolCalls: [
    buildCall(2, "get_order", {
      args: { id: "W-77" },
      result: '{"paid":true,"items":["a","b"]}',
      outcome: "soft_error",
    }),
  ],
  output: known({ text: '{"cancelled":"W-77","refund":null}' }),
});

test("a run reads as a conversation: what was said once, calls with what they gave, steps numbered", () => {
  const { items, spans } = transcriptOf(dialogue);
  expect(items.map(({ who, text, step }) => `${step ?? "-"} ${who}: ${text}`)).toEqual([
    "- user: Cancel W-77.",
    "1 → get_order: id: W-77",
    "- ←: {paid: true, items: [a, b]}",
    "2 desk: It is paid already. Shall I?",
    "- user: Yes",
    "3 desk: {cancelled: W-77, refund: null}",
  ]);
  expect(spans).toHaveLength(3);
});

test("question and answer are shown where no model call holds them; a second agent is not the user", () => {
  const bare = buildRun(1, {
    input: known("What is covered?"),
    output: known({ text: "Nothing." }),
  });
  expect(transcriptOf(bare).items.map(({ who, text }) => [who, text])).toEqual([
    ["user", "What is covered?"],
    ["output", "Nothing."],
  ]);
  const two = buildRun(2, {
    llmCalls: [
      llmCall(1, { input: [user("What is covered?")], output: [agent("I ask.")] }),
      llmCall(2, { agent: "expert", input: [user("Look up cover")], output: [agent("Nothing.")] }),
    ],
    output: known({ text: "Nothing." }),
  });
  expect(transcriptOf(two).items.map(({ who }) => who)).toEqual([
    "user",
    "desk",
    "to expert",
    "expert",
  ]);
});

function viewOf(transcript: Transcript, given: Partial<View> = {}): View {
  const entry = {
    run: RunId.parse("0123456789abcdef0123456789abcdef"),
    part: "signals" as const,
    reason: "secret reason",
    signature: "CL-0000secret",
  };
  return {
    session: {
      batch: {
        kind: "batch",
        id: BatchId.parse("RB-00000001"),
        workflow: "desk",
        environment: "production",
        at: "2026-11-01T00:00:00.000Z",
        by: "mira",
        window: { start: 0, end: 1 },
        size: 3,
        population: 9,
        entries: [entry, { ...entry, run: RunId.parse("f".repeat(32)) }],
      },
      reviewer: "mira",
      entries: [entry],
      place: 0,
      draft: {
        ...emptyDraft,
        verdict: "bad",
        codes: ["paid order"],
        note: "it cancels a paid order",
      },
      saved: new Map(),
      codes: ["paid order", "wrong amount"],
      modes: [],
    },
    transcript,
    about: "2026-11-02 10:00 UTC · 4.0 s",
    scroll: 0,
    whole: false,
    prompt: null,
    message: null,
    help: false,
    ...given,
  };
}

test("the screen shows the run, what was said of it and the keys, and nothing that was concluded", () => {
  const lines = screenLines(viewOf(transcriptOf(dialogue)), { columns: 80, rows: 22 }, noColors);
  expect(lines.join("\n")).not.toMatch(/secret|soft_error|CL-/);
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    " desk · production                                   run 2 of 2 · 0 read · mira
     01234567… · 2026-11-02 10:00 UTC · 4.0 s
    ────────────────────────────────────────────────────────────────────────────────
         user  Cancel W-77.
      1        → get_order(id: W-77)
               ← {paid: true, items: [a, b]}

      2  desk  It is paid already. Shall I?

         user  Yes

      3  desk  {cancelled: W-77, refund: null}




    ────────────────────────────────────────────────────────────────────────────────
     verdict  bad  mode –  step –  codes paid order
     note     it cancels a paid order
     known    1 paid order   2 wrong amount
     g good  b bad  u unsure  n note  c code  1-9 known code  m mode  t step
     ⏎ save  s skip  z undo  ↑↓ scroll  f all data  ? help  q quit"
  `);
});

test("a screen has as many lines as rows and none is too wide, whatever a run holds", () => {
  const anyItem = fc.record({
    who: fc.string({ unit: "grapheme", maxLength: 30 }),
    look: fc.constantFrom("user" as const, "agent" as const, "call" as const, "result" as const),
    text: fc.string({ unit: "grapheme", maxLength: 400 }),
    step: fc.option(fc.integer({ min: 1, max: 999 })),
  });
  fc.assert(
    fc.property(
      fc.array(anyItem, { maxLength: 20 }),
      fc.integer({ min: 60, max: 140 }),
      fc.integer({ min: 24, max: 50 }),
      fc.record({
        scroll: fc.nat(500),
        whole: fc.boolean(),
        help: fc.boolean(),
        message: fc.option(fc.string({ maxLength: 300 })),
        prompt: fc.option(
          fc.record({
            label: fc.constant("note"),
            typed: fc.string({ unit: "grapheme", maxLength: 300 }),
            choices: fc.array(fc.string({ maxLength: 20 }), { maxLength: 12 }),
          }),
        ),
      }),
      (items, columns, rows, given) => {
        const lines = screenLines(viewOf({ items, spans: [] }, given), { columns, rows }, noColors);
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        // oxlint-disable-next-line no-control-regex -- none may reach the terminal
        expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u007f]/);
      },
    ),
    { numRuns: 60 },
  );
});
