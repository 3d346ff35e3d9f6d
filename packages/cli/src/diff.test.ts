import fc from "fast-check";
import { expect, test } from "vitest";
import { diffLines } from "./diff.ts";

const lines = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${index}`);

test("lines of one side are marked, shared ones around them stay, long shared parts are left out", () => {
  const before = [...lines(12), "Cite every rule.", ...lines(2)].join("\n");
  const after = [...lines(12), "Cite if useful.", ...lines(2)].join("\n");
  expect(diffLines(before, after)).toEqual([
    "  …",
    "  line 9",
    "  line 10",
    "  line 11",
    "- Cite every rule.",
    "+ Cite if useful.",
    "  line 0",
    "  line 1",
  ]);
});

test("equal texts are said to be the same", () => {
  expect(diffLines("a\nb", "a\nb")).toEqual(["both texts are the same"]);
});

test("what control characters would do to a terminal is made visible", () => {
  expect(diffLines("a", "\u001b[31mb").join("\n")).not.toContain("\u001b");
});

test("no line of either side is lost: of each text, what is marked for it and shared is that text", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const shown = diffLines(before.join("\n"), after.join("\n"));
      if (before.join() === after.join()) return;
      if (shown.includes("  …")) return;
      const of = (mark: string): readonly string[] =>
        shown.filter((line) => [" ", mark].includes(line[0] ?? "")).map((line) => line.slice(2));
      expect(of("-")).toEqual(before);
      expect(of("+")).toEqual(after);
    }),
  );
});
