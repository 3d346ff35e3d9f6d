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

test("a footnote cites what the note of its number names", () => {
  const answer = "It is paid back within 14 days [1]; repairs are deducted [2].";
  expect(cited(`${answer}\n\n[1] LEASE-2024/07 Deposits\n[2] Handover protocol, p. 3`)).toEqual([
    "LEASE-2024/07",
    "Handover protocol",
  ]);
  expect(cited("Within 14 days¹.\n\n1. https://example.org/rent#deposit")).toEqual([
    "https://example.org/rent#deposit",
  ]);
});

test("a numbered list without marks in the text cites nothing", () => {
  expect(cited("Do this:\n1. Open the Valve\n2. Wait\n[1] is the number on the tank.")).toEqual([]);
});

test("a link cites its target, in the spelling of the documents; mail is no source", () => {
  const answer = "See [Per diem](https://h.example/travel) or write to [us](mailto:a@h.example).";
  expect(cited(answer)).toEqual(["https://h.example/travel"]);
  expect(cited(answer, ["https://h.example/travel/"])).toEqual(["https://h.example/travel/"]);
});

test("a path in parentheses is cited, a choice of words is not", () => {
  expect(cited("Within 30 days (kb/returns/window.md).")).toEqual(["kb/returns/window.md"]);
  expect(cited("Ask him or her (and/or their/its agent), 24/7 (km/h).")).toEqual([]);
});

test("a line that names its source cites a code, else the title", () => {
  expect(cited("From the fourth day.\nSource: H-4.2")).toEqual(["H-4.2"]);
  expect(cited("Until six.\n\n**Source:** Noise Ordinance 2022")).toEqual(["Noise Ordinance 2022"]);
  expect(cited("Until six.\nSources:\n- Noise Ordinance 2022\n- Green Space Statute\n")).toEqual([
    "Noise Ordinance 2022",
    "Green Space Statute",
  ]);
  expect(cited("Five years.\nSource: general knowledge")).toEqual([]);
});

test("a source named in other words is the document that has them", () => {
  expect(cited("Yes.\nSource: Handbook, section 4.2", ["handbook-4.2", "handbook-4.7"])).toEqual([
    "handbook-4.2",
  ]);
  const aliases = new Map([["Records retention", "POL-12"]]);
  expect(citedIn("Five years [Records retention].", undefined, ["POL-12"], null, aliases)).toEqual([
    "POL-12",
  ]);
  // In prose the words of a title mean nothing.
  expect(citedIn("Records retention matters.", undefined, ["POL-12"], null, aliases)).toEqual([]);
});

test("an expression that matches nothing at all cites nothing", () => {
  expect(citedIn("Five years.", undefined, [], { pattern: "x*", pointer: null })).toEqual([]);
});
