import { expect, test } from "vitest";
import { filled, filledUrl } from "./template.ts";

const request = {
  case_id: "EC-gift",
  trial: 3,
  task_type: null,
  input: { message: "Gifts & meals?", tags: ["a"], turns: [{ text: "Hello" }] },
  context: { traceparent: "00-…" },
};

test("a placeholder that is the whole text keeps what it stands for; inside a text it becomes text", () => {
  const template = {
    messages: [{ role: "user", content: "{{input.message}}" }],
    tags: "{{ input.tags }}",
    note: "trial {{trial}} of {{case_id}}: {{input.tags}}",
    first: "{{input.turns.0.text}}",
    task: "{{task_type}}",
    limit: 4,
  };
  expect(filled(template, request)).toEqual({
    messages: [{ role: "user", content: "Gifts & meals?" }],
    tags: ["a"],
    note: 'trial 3 of EC-gift: ["a"]',
    first: "Hello",
    task: null,
    limit: 4,
  });
});

test("what goes into an address is escaped", () => {
  expect(filledUrl("http://localhost/ask/{{input.message}}?n={{trial}}", request)).toBe(
    "http://localhost/ask/Gifts%20%26%20meals%3F?n=3",
  );
});

test.each([
  ["{{input.user.name}}", "{{input.user.name}} stands for nothing in this case"],
  ["{{message}}", "{{message}} begins with none of case_id, trial, task_type, input, context"],
  ["{{input.constructor}}", "stands for nothing"],
])("%s is an error", (template, sentence) => {
  expect(() => filled({ text: template }, request)).toThrow(sentence);
});
