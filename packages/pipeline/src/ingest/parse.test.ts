import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, parseText } from "./parse.ts";
import { pythonLiteral } from "./python-literal.ts";

test("JSON inside JSON is read to its value", () => {
  expect(parse(JSON.stringify(JSON.stringify({ a: [1] }))).value).toEqual({ a: [1] });
});

test("JSON that was cut gives what is there, and says so", () => {
  expect(parse('{"documents":[{"id":"A-1","text":"five ye')).toEqual({
    value: { documents: [{ id: "A-1", text: "five ye" }] },
    truncated: true,
  });
});

test("Python literals, calls and enums are read without running anything", () => {
  expect(parse("{'ok': True, 'rows': [(1, None)]}").value).toEqual({ ok: true, rows: [[1, null]] });
  expect(pythonLiteral("Doc(id='A-1', kind=<Kind.X: 'x'>, raw=<object at 0x7f>)")?.value).toEqual({
    id: "A-1",
    kind: "x",
    raw: null,
  });
  expect(parse("status='success' result=[{'id': 1}] error=None").value).toEqual([{ id: 1 }]);
});

test("a wrapper is opened only where no unknown key stands beside", () => {
  expect(parse({ output: { x: 1 } }).value).toEqual({ x: 1 });
  expect(parse({ output: { x: 1 }, more: 2 }).value).toEqual({ output: { x: 1 }, more: 2 });
});

test("plain text stays as it is", () => {
  for (const text of ["KYC records must be kept.", "[POL-12] says so", "(see above)", "a=b"]) {
    expect(parse(text)).toEqual({ value: text, truncated: false });
  }
});

test("whatever JSON holds comes back", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(parseText(JSON.stringify(value)).value).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("no text, however cut, makes the reader throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from("{}[]()'\",:=<>\\ aTN1.")) }),
      (text) => {
        parse(text);
      },
    ),
  );
});

test("JSON that nests deeper than a reader descends stays text; brackets in its texts do not count", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
    ["[1,", "]"],
  ] as const) {
    const deep = open.repeat(30_000) + "1" + close.repeat(30_000);
    for (const text of [deep, open.repeat(30_000), JSON.stringify(deep)]) {
      const { value } = parse(text);
      expect(typeof value).toBe("string");
    }
  }
  expect(parse(JSON.stringify({ a: "[{".repeat(500) })).value).toEqual({ a: "[{".repeat(500) });
  const flat = JSON.stringify(Array.from({ length: 500 }, () => ({ a: [1] })));
  expect(parse(flat).value).toEqual(JSON.parse(flat));
});

test("a cut text of many commas and brackets is closed in one pass", () => {
  const { value, truncated } = parse(`[${"[1,2],".repeat(50_000)}[3,`);
  expect(truncated).toBe(true);
  expect(value).toHaveLength(50_001);
});
