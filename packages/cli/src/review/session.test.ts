import { describe, expect, test } from "vitest";
import { RunId } from "@rootward/pipeline/model/ids";
import { BatchId, FailureModeId } from "@rootward/pipeline/model/review";
import { answersIn } from "./answers.ts";
import { keysIn, press } from "./keyboard.ts";
import type { Keyboard } from "./keyboard.ts";
import { emptyDraft, follow, readCount } from "./session.ts";
import type { Command, Followed, Session } from "./session.ts";
import { columnsOf, cutTo, wrapped } from "./lines.ts";

const runOf = (n: number) => RunId.parse(n.toString(16).padStart(32, "0"));
const known = {
  kind: "failureMode",
  id: FailureModeId.parse("FM-00000001"),
  workflow: "desk",
  environment: "production",
  at: "2026-11-01T00:00:00.000Z",
  by: "jo",
  name: "Made-up citation",
  mergedInto: null,
} as const;

function begun(): Session {
  const entries = [1, 2, 3].map((n) => ({
    run: runOf(n),
    part: "signals" as const,
    reason: "secret until saved",
    signature: "CL-0000000a",
  }));
  return {
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
      entries,
    },
    reviewer: "mira",
    entries,
    place: 0,
    draft: emptyDraft,
    saved: new Map(),
    codes: ["wrong amount"],
    modes: [known],
  };
}

const around = { now: "2026-11-02T10:00:00.000Z", spans: ["a1", "b2"] };

/** Commands one after another; what the last one gave. */
function after(session: Session, ...commands: readonly Command[]): Followed {
  return commands.reduce<Followed>((last, command) => follow(last.session, command, around), {
    session,
    records: [],
    refused: null,
  });
}

const bad: Command = { kind: "verdict", verdict: "bad" };
const save: Command = { kind: "save" };

describe("a session", () => {
  test("saves what was said, blind, and goes on to the next run", () => {
    const { session, records } = after(
      begun(),
      bad,
      { kind: "note", text: " cites what it never read " },
      { kind: "code", text: "WRONG AMOUNT" },
      { kind: "code", text: "made up" },
      { kind: "mode", name: "made-up citation" },
      { kind: "step", number: 2 },
      save,
    );
    expect(records).toEqual([
      {
        kind: "annotation",
        id: expect.stringMatching(/^AN-[0-9a-f]{16}$/),
        run: runOf(1),
        workflow: "desk",
        environment: "production",
        reviewer: "mira",
        at: around.now,
        verdict: "bad",
        note: "cites what it never read",
        codes: ["wrong amount", "made up"],
        failureMode: known.id,
        step: "b2",
        batch: "RB-00000001",
        blind: true,
      },
    ]);
    expect([session.place, session.draft, readCount(session)]).toEqual([1, emptyDraft, 1]);
    expect(session.codes).toEqual(["wrong amount", "made up"]);
  });

  test("a code given twice is taken back, and so is a mode", () => {
    const twice = after(begun(), { kind: "code", text: "x" }, { kind: "code", text: " X " });
    expect(twice.session.draft.codes).toEqual([]);
    const mode: Command = { kind: "mode", name: known.name };
    expect(after(begun(), mode, mode).session.draft.mode).toBeNull();
  });

  test("a new failure mode is a record of its own, made once", () => {
    const first = after(begun(), { kind: "mode", name: "Wrong order" });
    expect(first.records).toMatchObject([{ kind: "failureMode", name: "Wrong order", by: "mira" }]);
    const again = after(
      first.session,
      { kind: "mode", name: "" },
      { kind: "mode", name: "wrong ORDER" },
    );
    expect(again.records).toEqual([]);
    expect(again.session.modes).toHaveLength(2);
  });

  test("undo takes back what is not saved, then goes back; saving again is not blind", () => {
    const done = after(begun(), bad, save, { kind: "verdict", verdict: "good" });
    const cleared = after(done.session, { kind: "undo" });
    expect([cleared.session.place, cleared.session.draft]).toEqual([1, emptyDraft]);
    const back = after(cleared.session, { kind: "undo" });
    expect([back.session.place, back.session.draft.verdict]).toEqual([0, "bad"]);
    const again = after(back.session, { kind: "verdict", verdict: "unsure" }, save);
    expect(again.records).toMatchObject([{ run: runOf(1), verdict: "unsure", blind: false }]);
    expect(readCount(again.session)).toBe(1);
  });

  test.each([
    [[save], "say first whether the run is good, bad, unsure"],
    [[{ kind: "step", number: 3 }], "there is no step 3; the run has 2"],
    [[{ kind: "code", text: " " }], "a code needs a word"],
    [[{ kind: "undo" }], "nothing to undo: this is the first run"],
    [[{ kind: "skip" }, { kind: "skip" }, { kind: "skip" }, save], "there is no run left to save"],
  ] satisfies [Command[], string][])("what cannot be done is said: %j", (commands, why) => {
    const { refused, records } = after(begun(), ...commands);
    expect([refused, records]).toEqual([why, []]);
  });
});

describe("keys", () => {
  const keyboard = (session = begun()): Keyboard => ({
    view: {
      session,
      transcript: { items: [], spans: ["a1", "b2"] },
      about: "",
      scroll: 0,
      whole: false,
      prompt: null,
      message: "old",
      help: false,
    },
    asking: null,
  });
  const size = { columns: 80, rows: 24 };
  const typed = (keys: readonly string[]) => {
    let last = { keyboard: keyboard(), command: null as Command | null, quit: false };
    for (const key of keys) last = press(last.keyboard, key, size);
    return last;
  };

  test("of a terminal are told apart, whatever comes at once", () => {
    expect(keysIn("g\r\u001b[A\u001b[6~ü\u007f\u0003\u001b")).toEqual([
      "g",
      "enter",
      "up",
      "pagedown",
      "ü",
      "backspace",
      "interrupt",
      "escape",
    ]);
    expect(keysIn("\u001b[99;5u\u0000")).toEqual([]);
  });

  test("bring what the screen says they bring", () => {
    const command = (...keys: readonly string[]) => typed(keys).command;
    expect(command("b")).toEqual(bad);
    expect(command("enter")).toEqual(save);
    expect(command("1")).toEqual({ kind: "code", text: "wrong amount" });
    expect(command("2")).toBeNull();
    expect(command("c", "1", "enter")).toEqual({ kind: "code", text: "wrong amount" });
    expect(command("c", "n", "e", "w", "enter")).toEqual({ kind: "code", text: "new" });
    expect(command("m", "1", "enter")).toEqual({ kind: "mode", name: known.name });
    expect(command("t", "2", "enter")).toEqual({ kind: "step", number: 2 });
    expect(command("t", "enter")).toEqual({ kind: "step", number: null });
    expect(typed(["q"]).quit).toBe(true);
  });

  test("are letters while something is typed, until it is taken or left", () => {
    const note = typed(["n", "b", "a", "d", "backspace", "q", "enter"]);
    expect([note.command, note.quit]).toEqual([{ kind: "note", text: "baq" }, false]);
    const left = typed(["n", "b", "escape"]);
    expect([left.command, left.keyboard.view.prompt]).toEqual([null, null]);
    expect(typed(["n", "a", " ", "b", "word"]).keyboard.view.prompt?.typed).toBe("a ");
    expect(typed(["n", "a", "clear"]).keyboard.view.prompt?.typed).toBe("");
  });
});

describe("a script", () => {
  test("is one answer a line, comments and blanks left out", () => {
    const text = "# first run\n\nbad\nnote it cites  what is not there\nstep 2\nstep\nmode\nsave\n";
    expect(answersIn(text, "a.txt")).toEqual([
      { line: 3, command: bad },
      { line: 4, command: { kind: "note", text: "it cites  what is not there" } },
      { line: 5, command: { kind: "step", number: 2 } },
      { line: 6, command: { kind: "step", number: null } },
      { line: 7, command: { kind: "mode", name: "" } },
      { line: 8, command: save },
    ]);
  });

  test.each(["awful", "good enough", "code", "step two", "save now"])(
    "with an answer that is none is refused with its line: %s",
    (line) => {
      expect(() => answersIn(`bad\n${line}\n`, "a.txt")).toThrow(
        `a.txt:2: "${line}" is no answer; expected good, bad, unsure, note TEXT, code TEXT`,
      );
    },
  );
});

describe("lines", () => {
  test("are counted in columns, not in characters", () => {
    expect([columnsOf("abc"), columnsOf("日本"), columnsOf("e\u0301"), columnsOf("🙂")]).toEqual([
      3, 4, 1, 2,
    ]);
    expect(cutTo("日本語です", 6)).toBe("日本…");
  });

  test("break between words, within words only where one does not fit, and keep their own breaks", () => {
    expect(wrapped("one two three\n\n\nfour", 9)).toEqual(["one two", "three", "", "four"]);
    expect(wrapped(`← ${"x".repeat(20)}`, 10)).toEqual(["← xxxxxxxx", "xxxxxxxxxx", "xx"]);
    expect(wrapped("a\u001b[31mb", 20)).toEqual(["a�[31mb"]);
  });
});
