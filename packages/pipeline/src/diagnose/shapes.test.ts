import { describe, expect, test } from "vitest";
import { differenceOf, differs, profileOf, tellDifference, without } from "./shapes.ts";

const claim = "/amount:int\n/currency:text\n/id:id";

function told(shapes: Readonly<Record<string, number>>, shape: string): string | undefined {
  const difference = differenceOf(profileOf(new Map(Object.entries(shapes))), shape);
  return difference && tellDifference(difference);
}

describe("a result is held against those of clean runs", () => {
  test("a renamed field is one missing and one added", () => {
    expect(told({ [claim]: 100 }, "/amount:int\n/currency_code:text\n/id:id")).toBe(
      "-/currency +/currency_code",
    );
  });

  test("a field that moves below another is one missing and one added", () => {
    expect(told({ [claim]: 100 }, "/amount/value:int\n/currency:text\n/id:id")).toBe(
      "-/amount +/amount/value",
    );
  });

  test("a value that is null where it never was is retyped", () => {
    expect(told({ [claim]: 100 }, "/amount:null\n/currency:text\n/id:id")).toBe(
      "/amount number→null",
    );
  });

  test("a date that loses its offset is retyped", () => {
    expect(told({ "/at:datetime_offset": 100 }, "/at:datetime")).toBe(
      "/at datetime_offset→datetime",
    );
  });

  test("whole and broken numbers, ids and words are alike", () => {
    expect(told({ [claim]: 100 }, "/amount:float\n/currency:id\n/id:text")).toBe("");
  });

  test("a field that clean results often lack is not missed", () => {
    expect(told({ [claim]: 60, "/amount:int\n/id:id": 40 }, "/amount:int\n/id:id")).toBe("");
    expect(told({ [claim]: 60, "/amount:int\n/id:id": 40 }, claim)).toBe("");
  });

  test("what stands in an empty list cannot be missed", () => {
    expect(
      told(
        { "/items/*/id:id\n/items/*/price:int\n/total:int": 90, "/items:[]\n/total:int": 10 },
        "/items:[]\n/total:int",
      ),
    ).toBe("");
  });

  test("another kind of answer, known from clean runs, is no difference; one that lacks half of itself is", () => {
    const kinds = { [claim]: 90, "/reason:text\n/retry:bool": 30 };
    expect(told(kinds, "/reason:text\n/retry:bool")).toBe("");
    expect(told(kinds, "/reason:text")).toBe("-/retry");
  });

  test("where every result brings new keys, a new key is no news", () => {
    const open = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`/by/k${index}:int\n/n:int`, 1]),
    );
    expect(told(open, "/by/k99:int\n/n:int")).toBe("");
  });

  test("fewer than 20 results say nothing", () => {
    expect(told({ [claim]: 19 }, "/other:int")).toBeUndefined();
  });

  test("a result is judged by the others, not by itself", () => {
    const shapes = new Map([
      [claim, 40],
      ["/amount:null\n/currency:text\n/id:id", 1],
    ]);
    const odd = "/amount:null\n/currency:text\n/id:id";
    expect(differs(differenceOf(without(shapes, odd), odd))).toBe(true);
  });
});
