import { expect, test } from "vitest";
import { messageOf, plain, table } from "./output.ts";

test("a table is aligned under its header, numbers to the right, without trailing blanks", () => {
  const columns = [{ name: "workflow" }, { name: "runs", align: "right" as const }];
  expect(
    table(columns, [
      ["claims", "7"],
      ["policy-check", "1,014"],
    ]),
  ).toMatchInlineSnapshot(`
    "workflow       runs
    claims            7
    policy-check  1,014"
  `);
});

test("text from a trace cannot move the cursor, set the title or turn the reading direction", () => {
  expect(plain("a\u001b[2Jb\u0007\u202ec\r\nd")).toBe("a�[2Jb��c d");
});

test("a message is one line whatever was thrown", () => {
  expect(messageOf(new Error("first\n  second"))).toBe("first second");
  expect(messageOf("text")).toBe("text");
});
