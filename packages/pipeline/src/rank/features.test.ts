import fc from "fast-check";
import { expect, test } from "vitest";
import type { TrailEvent, TrailKind } from "./event.ts";
import type { FeatureName } from "./feature-table.ts";
import { featuresOf } from "./features.ts";
import { rankSteps } from "./rank.ts";

function event(
  step: number,
  agent: string,
  kind: TrailKind,
  text: string,
  rest: Partial<TrailEvent> = {},
): TrailEvent {
  return { step, agent, kind, text, tool: null, args: null, result: null, error: false, ...rest };
}

function result(step: number, text: string, rest: Partial<TrailEvent> = {}): TrailEvent {
  return event(step, "terminal", "tool_result", text, { tool: "run", result: text, ...rest });
}

/** The steps at which a feature stands. */
function at(events: readonly TrailEvent[], name: FeatureName, task: string | null = null) {
  return featuresOf(events, task)
    .filter(({ values }) => (values[name] ?? 0) > 0)
    .map(({ step }) => step);
}

const code = "```python\nprint(open('clients.csv').read())\n```";
const failing: readonly TrailEvent[] = [
  event(
    0,
    "planner",
    "plan",
    "Count the clients of the file and report how many of them there are.",
  ),
  event(1, "coder", "tool_call", `Let us read the file. ${code}`, {
    tool: "python",
    args: { code },
  }),
  result(2, "Traceback (most recent call last): FileNotFoundError", { error: true }),
  event(
    3,
    "coder",
    "llm",
    "Assume that the file held 4711 clients of Acme Northern Works, as is well known.",
  ),
  event(
    4,
    "checker",
    "final",
    "I agree, the answer is correct. The answer is 4711 clients. TERMINATE",
  ),
];

test("an error is charged to the step that made the call, not to the message that reports it", () => {
  expect(at(failing, "resultError")).toEqual([1]);
  expect(at(failing, "firstFailed")).toEqual([1]);
  expect(at(failing, "unrecovered")).toEqual([1]);
  expect(featuresOf(failing).map(({ step }) => step)).toEqual([0, 1, 3, 4]);
});

test("a failed call that was repaired later is not unrecovered, and what only follows it is after an error", () => {
  const repaired = [
    ...failing.slice(0, 3),
    event(3, "coder", "tool_call", code, { tool: "python" }),
    result(4, "12 clients were found in the file of this year"),
  ];
  expect(at(repaired, "unrecovered")).toEqual([]);
  expect(at(repaired, "afterError")).toEqual([3]);
  expect(at(repaired, "firstRun")).toEqual([3]);
});

test("a turn of a terminal that was given no code is idle: neither an error nor the result of a plan", () => {
  const idle = [
    failing[0] ?? event(0, "planner", "plan", ""),
    result(1, "There is no code from the last message for me to execute."),
    event(2, "coder", "llm", "We begin with the first part of the work."),
  ];
  expect(at(idle, "planRuns")).toEqual([]);
  expect(at(idle, "afterIdle")).toEqual([2]);
});

test("a program that prints nothing is told from one that fails", () => {
  const blank = [
    event(0, "coder", "tool_call", code, { tool: "python" }),
    result(1, "exitcode: 0 (execution succeeded)\nCode output: "),
  ];
  expect(at(blank, "resultBlank")).toEqual([0]);
  expect(at(blank, "resultError")).toEqual([]);
});

test("who states values that no result holds, first and without evidence, is found by the values", () => {
  expect(at(failing, "noEvidence")).toEqual([]);
  const unseen = failing.filter(({ kind }) => kind !== "tool_result");
  expect(at(unseen, "noEvidence")).toEqual([3]);
  expect(at(failing, "unsupportedNumber")).toContain(3);
  expect(at(failing, "answerUnsupported")).toEqual([3]);
  expect(at(failing, "answerBegins")).toEqual([3]);
});

test("values that a result holds are supported, and the answer's begin with the call that brought them", () => {
  const sound = [
    event(0, "coder", "tool_call", code, { tool: "python" }),
    result(1, "Code output: 4711 clients of Acme Northern Works"),
    event(2, "checker", "final", "The answer is 4711 clients of Acme Northern Works."),
  ];
  expect(at(sound, "unsupported")).toEqual([]);
  expect(at(sound, "unsupportedNumber")).toEqual([]);
  expect(at(sound, "answerFromCall")).toEqual([0]);
});

test("ways of speaking are flags: assumption, memory, agreement, conclusion after a failure", () => {
  expect(at(failing, "assumes")).toEqual([3]);
  expect(at(failing, "firstAssumes")).toEqual([3]);
  expect(at(failing, "remembers")).toEqual([3]);
  expect(at(failing, "agrees")).toEqual([4]);
  expect(at(failing, "talksOnAfterError")).toEqual([3, 4]);
  expect(at(failing, "concludesOnFailure")).toEqual([4]);
});

test("a step that says again what its agent said is more of a repetition than a new one", () => {
  const text =
    "Please search the catalogue for red bicycles with large frames and list every price";
  const again = [
    event(0, "a", "llm", text),
    event(1, "a", "llm", "Something different altogether, about ships and harbours in the north"),
    event(2, "a", "llm", `${text} again`),
  ];
  const [first, other, last] = featuresOf(again).map(({ values }) => values);
  expect(first?.repeatsOwn ?? 0).toBe(0);
  expect(other?.repeatsOwn ?? 0).toBeLessThan(0.1);
  expect(last?.repeatsOwn).toBeGreaterThan(0.8);
  expect(first?.repeated).toBe(last?.repeatsOwn);
});

const delegated: readonly TrailEvent[] = [
  event(0, "user", "user", "Who won the cup in Harbour Town?"),
  event(1, "lead", "plan", "We will look for the winner of the cup, then verify the name."),
  event(2, "lead", "handoff", "Please find the list of winners of the cup in the archive", {
    tool: "surfer",
  }),
  event(3, "surfer", "retrieval", "A page about ships. Showing page 1 of 9", {
    result: "A page about ships",
  }),
  event(4, "lead", "handoff", "Please find the full list of winners of the cup in the archive", {
    tool: "surfer",
  }),
  event(5, "surfer", "retrieval", "Another page about ships", {
    result: "Another page about ships",
  }),
  event(6, "lead", "plan", '{"is_progress_being_made": {"reason": "none", "answer": false}}'),
  event(7, "lead", "plan", "New plan: ask somebody who was there."),
];

test("a hand-off that has to be given again speaks for the answer before it", () => {
  expect(at(delegated, "firstAskedAgain")).toEqual([3]);
  expect(at(delegated, "partial")).toEqual([3]);
  expect(at(delegated, "beforeNoProgress")).toEqual([1, 2, 3, 4, 5]);
  expect(at(delegated, "replans")).toEqual([7]);
  expect(at(delegated, "beforeReplan")).toEqual([6]);
});

test("a single question of a user is no suspect; in a dialogue the user's turns are", () => {
  expect(featuresOf(delegated)[0]?.step).toBe(1);
  const dialogue = [...delegated, event(8, "user", "user", "That is not what I asked.")];
  expect(featuresOf(dialogue).map(({ step }) => step)).toContain(0);
});

const order = { id: "#W1234567", status: "pending", total: 20 };
const bought: readonly TrailEvent[] = [
  event(0, "user", "user", "I want to cancel the blue kettle of my order #W1234567."),
  event(1, "agent", "tool_call", "", { tool: "look", args: { id: order.id } }),
  result(2, JSON.stringify(order), { tool: "look" }),
  event(3, "agent", "llm", "Shall I cancel it, for 20 dollars?"),
  event(4, "user", "user", "Yes, please do."),
  event(5, "agent", "tool_call", "", {
    tool: "undo",
    args: { id: order.id, why: "no longer needed" },
  }),
  result(6, JSON.stringify({ ...order, status: "cancelled" }), { tool: "undo" }),
  event(7, "agent", "llm", "It is cancelled, and 20 dollars come back."),
  event(8, "user", "user", "Wait, I only wanted the kettle cancelled, not the order."),
];

test("a change is known by the record that it returns, not by its name; so is who led to it and who regrets it", () => {
  expect(at(bought, "write")).toEqual([5]);
  expect(at(bought, "reads")).toEqual([1]);
  expect(at(bought, "unconfirmed")).toEqual([]);
  expect(at(bought, "userBeforeWrite")).toEqual([4]);
  expect(at(bought, "userRequest")).toEqual([0]);
  expect(at(bought, "claimsAfterWrite")).toEqual([7]);
  expect(at(bought, "regretted")).toEqual([5]);
  expect(at(bought, "userChanges")).toEqual([8]);
});

test("features are numbers alone, so that they can be kept where texts cannot", () => {
  for (const events of [failing, delegated, bought])
    for (const { values } of featuresOf(events)) {
      expect(JSON.parse(JSON.stringify(values))).toEqual(values);
      for (const value of Object.values(values)) expect(Number.isFinite(value)).toBe(true);
    }
});

test("a run in which nobody wrote anything has no suspect", () => {
  expect(featuresOf([])).toEqual([]);
  expect(featuresOf([result(0, "done")])).toEqual([]);
});

const name = fc.stringMatching(/^[a-z]{3,8}$/);

test("renaming agents, tools and ids changes no rank, share or reason", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(failing, delegated, bought),
      fc.uniqueArray(name, { minLength: 12, maxLength: 12 }),
      fc.stringMatching(/^[A-Z][1-9]{7}$/),
      (events, names, id) => {
        const known = new Map<string, string>();
        const renamed = (old: string | null): string | null => {
          if (old === null) return null;
          const next = known.get(old) ?? names[known.size] ?? old;
          known.set(old, next);
          return next;
        };
        const texts = (text: string): string => text.replaceAll("W1234567", id);
        const other = events.map((one): TrailEvent => ({
          ...one,
          agent: renamed(one.agent),
          tool: renamed(one.tool),
          text: texts(one.text),
          result: one.result === null ? null : texts(one.result),
          args: one.args === null ? null : (JSON.parse(texts(JSON.stringify(one.args))) as unknown),
        }));
        const before = rankSteps(featuresOf(events));
        const after = rankSteps(featuresOf(other));
        expect(after.steps.map(({ step, p, reasons }) => ({ step, p, reasons }))).toEqual(
          before.steps.map(({ step, p, reasons }) => ({ step, p, reasons })),
        );
        expect(after.agent).toBe(before.agent === null ? null : known.get(before.agent));
      },
    ),
    { numRuns: 50 },
  );
});
