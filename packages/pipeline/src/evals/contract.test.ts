import { expect, test } from "vitest";
import { compileSchema } from "./contract.ts";

test("a schema that is none is refused, with the keyword, its value and what is accepted", () => {
  const refusals: readonly (readonly [object, string])[] = [
    [{ type: "strin" }, "type must be JSONType or JSONType[]: strin"],
    [{ required: "x" }, 'required value must be ["array"]'],
    [{ required: [5] }, "the schema is invalid: #/required is [5]; accepted: names"],
    [{ properties: { a: { minLength: -1 } } }, "#/properties/a/minLength is -1; accepted: a whole"],
    [{ maxItems: 1.5 }, "#/maxItems is 1.5; accepted: a whole number from 0 on"],
    [{ multipleOf: 0 }, "#/multipleOf is 0; accepted: a number above 0"],
    [{ pattern: "(" }, "Invalid regular expression"],
    [{ $ref: "#/nope" }, "can't resolve reference #/nope"],
    [{ enum: [] }, "enum must have non-empty array"],
    [{ items: "x" }, 'items value must be ["object","boolean"]'],
  ];
  for (const [schema, why] of refusals) expect(() => compileSchema(schema)).toThrow(why);
});

test("a property may be called like a keyword", () => {
  const check = compileSchema({
    properties: { minLength: { type: "string" } },
    const: { maxItems: -1 },
  });
  expect(check({ maxItems: -1 })).toEqual([]);
  expect(
    compileSchema({ properties: { required: { type: "number" } } })({ required: "x" }),
  ).toEqual(["/required: must be number"]);
});

test("equal schemas are compiled once; two with one name do not meet", () => {
  expect(compileSchema({ type: "number" })).toBe(compileSchema({ type: "number" }));
  const one = compileSchema({ $id: "https://example.com/a", type: "number" });
  const other = compileSchema({ $id: "https://example.com/a", type: "string" });
  expect([one(1), other(1)]).toEqual([[], ["/: must be string"]]);
});
