import { expect, test } from "vitest";
import { citedIn, idShape } from "./cite.ts";

const cited = (text: string, known: readonly string[] = []): readonly string[] =>
  citedIn(text, undefined, known, null);

test("ids in brackets and parentheses are citations, in order, once each", () => {
  expect(cited("Five years [HB-0113], see also (KB 2041) and [HB-0113].")).toEqual([
    "HB-0113",
    "KB 2041",
  ]);
});

test("dates, amounts and years in parentheses cite nothing", () => {
  expect(cited("Due (May 2026), at most (EUR 45), in week (Week 3), since (2024).")).toEqual([]);
});

test("an id of the shape of this run's documents counts wherever it stands", () => {
  expect(cited("By POL-44 it is five years.", ["POL-12"])).toEqual(["POL-44"]);
});

test("a section sign cites a dotted number, in the spelling of the documents", () => {
  expect(cited("It lapses on 31 March (§ 3.7 of the handbook).", ["3.7"])).toEqual(["3.7"]);
});

test("a structured answer cites by its own field", () => {
  expect(citedIn("", { answer: "yes", citations: [{ id: "A-1" }, "B-2"] }, [], null)).toEqual([
    "A-1",
    "B-2",
  ]);
});

test("plain words and bare numbers have no shape", () => {
  expect(idShape(["handbook", "12"])).toBeNull();
});
