import { expect, test } from "vitest";
import { covered, jaccard, shinglesOf } from "./similarity.ts";
import { numbersOf, valuesOf } from "./values.ts";

test("values are numbers without their writing, ids, addresses and names; small numbers are none", () => {
  const text =
    "Order #W2378156 of Yusuf Rossi cost $1,200.0 and 7 cents, see https://example.org/a1.";
  expect([...valuesOf(text)].toSorted()).toEqual([
    "1200",
    "https://example.org/a1",
    "w2378156",
    "yusuf rossi",
  ]);
  expect(numbersOf(text).has("7")).toBe(true);
});

test("one number is one value however it is written", () => {
  expect([...numbersOf("1,200 $1200 1200.0 1200%")]).toEqual(["1200"]);
});

test("similarity of texts goes from 0 for none to 1 for the same", () => {
  const text = shinglesOf("red bicycles with large frames and cheap tyres");
  expect(jaccard(text, text)).toBe(1);
  expect(jaccard(text, shinglesOf("ships in northern harbours during winter storms"))).toBe(0);
  expect(jaccard(new Set(), new Set())).toBe(0);
  expect(covered(new Set(), text)).toBe(1);
});
