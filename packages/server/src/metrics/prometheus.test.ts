import fc from "fast-check";
import { expect, test } from "vitest";
import { counter, gauge, labelOf, series } from "./family.ts";
import { prometheusText } from "./prometheus.ts";

test("counters end in _total, gauges do not, and each has its HELP and TYPE", () => {
  const families = [
    counter(
      "rootward_seen",
      "What was\nseen.",
      series("name", [
        ["a", 2],
        ["b", 1],
      ]),
    ),
    gauge("rootward_open", "What is open.", 1.5),
    counter("rootward_never", "What never came.", []),
  ];
  expect(prometheusText(families)).toBe(
    `# HELP rootward_seen_total What was\\nseen.
# TYPE rootward_seen_total counter
rootward_seen_total{name="a"} 2
rootward_seen_total{name="b"} 1
# HELP rootward_open What is open.
# TYPE rootward_open gauge
rootward_open 1.5
# HELP rootward_never_total What never came.
# TYPE rootward_never_total counter
`,
  );
});

test("any text can be the value of a label: one line, read back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [, , line = "", end, ...more] = prometheusText([
        gauge("g", "G.", [{ labels: { name: text }, value: 1 }]),
      ]).split("\n");
      expect([end, more]).toEqual(["", []]);
      const value = /^g\{name="((?:[^"\\]|\\["\\n])*)"\} 1$/s.exec(line)?.[1];
      const unescaped = value?.replaceAll(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
      expect(unescaped).toBe(text);
    }),
  );
});

test("a label is cut, and half a character is none", () => {
  expect(labelOf("x".repeat(99) + "😀")).toBe(`${"x".repeat(99)}\ufffd`);
  expect(labelOf("\ud800 and 😀")).toBe("\ufffd and 😀");
});
