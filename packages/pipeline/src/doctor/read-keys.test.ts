import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isKnownKey } from "./read-keys.ts";

const folder = fileURLToPath(new URL("../ingest/", import.meta.url));
const asks = [
  /span\.attributes\.(?:get|has)\("([^"]+)"\)/g,
  /(?:has|text)\(span, "([^"]+)"\)/g,
  /attributeText\(step, "([^"]+)"\)/g,
  /attribute: "([^"]+)"/g,
  /\{ key: "([^"]+)", says:/g,
];

test("every attribute that a source of ingest asks a span for counts as read", () => {
  const asked = readdirSync(folder)
    .filter((file) => /^[a-z-]+\.ts$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(`${folder}${file}`, "utf8");
      return asks.flatMap((ask) => [...text.matchAll(ask)].map((match) => match[1] ?? ""));
    });
  expect(asked.length).toBeGreaterThan(40);
  expect([...new Set(asked)].filter((key) => !isKnownKey(key))).toEqual([]);
});

test("a name nobody asks for does not count as read, an entry of a list that is read does", () => {
  expect(isKnownKey("app.customer.tier")).toBe(false);
  expect(isKnownKey("llm.input_messages.0.message.role")).toBe(true);
  expect(isKnownKey("agent.behavioral.grounded_absent")).toBe(true);
});
