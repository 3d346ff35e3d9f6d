import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { History } from "./history.ts";
import { messagesOf } from "./messages.ts";

const message = fc.oneof(
  fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: fc.string() }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constant(null),
    tool_calls: fc.array(
      fc.record({
        id: fc.string(),
        function: fc.record({ name: fc.string(), arguments: fc.json() }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  fc.record({ role: fc.constant("tool"), tool_call_id: fc.string(), content: fc.string() }),
  // Not messages of their own: lists that hold one mean something as a whole only.
  fc.record({ type: fc.constant("text"), text: fc.string() }),
);
const filler = { role: "user", content: "so long that a history is worth looking for ".repeat(6) };

describe("History", () => {
  test("gives what reading each input anew gives, whatever came before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.array(message, { maxLength: 3 })), { maxLength: 8 }),
        (turns) => {
          const history = new History();
          const said: (readonly unknown[])[] = [[filler]];
          for (const [from, more] of turns) {
            const input = [...(said[from % said.length] ?? []), ...more];
            said.push(input);
            const text = JSON.stringify(input);
            expect(history.read(text)).toEqual(messagesOf(text, "user"));
          }
        },
      ),
    );
  });

  test("a list that goes on behind a bracket of its own is no list that goes on", () => {
    const history = new History();
    const text = JSON.stringify([filler]);
    history.read(text);
    for (const other of [
      `${text}{"role":"user"}]`,
      `${text.slice(0, -1)},]`,
      `${text.slice(0, -1)},{}]`,
    ])
      expect(history.read(other)).toEqual(messagesOf(other, "user"));
  });

  test("gives the same messages for the same input", () => {
    const history = new History();
    const text = JSON.stringify([filler]);
    expect(history.read(text)).toBe(history.read(text));
  });
});
