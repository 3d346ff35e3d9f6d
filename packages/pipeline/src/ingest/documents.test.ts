import { expect, test } from "vitest";
import { documentsIn } from "./documents.ts";

const ids = (value: unknown): readonly (string | null)[] | null =>
  documentsIn(value)?.map((doc) => doc.id) ?? null;

test("a list whose items have an id and a text is documents, whatever its keys are called", () => {
  const body = "The deposit is returned within fourteen days after the handover.";
  expect(ids([{ ref: "L-7", body }])).toEqual(["L-7"]);
  expect(ids({ hits: [{ path: "kb/window.md", excerpt: body }], took_ms: 4 })).toEqual([
    "kb/window.md",
  ]);
  expect(ids([{ document: "Noise Ordinance 2022", passage: body, distance: 0.1 }])).toEqual([
    "Noise Ordinance 2022",
  ]);
  expect(ids([{ content: body, meta_data: { id: "KB 2041" } }])).toEqual(["KB 2041"]);
});

test("a search that found nothing is an empty list, anything else is none", () => {
  expect(documentsIn({ matches: [] })).toEqual([]);
  expect(documentsIn({ balance: 12, currency: "EUR" })).toBeNull();
  expect(documentsIn("The order was shipped on Monday and will arrive on Thursday.")).toBeNull();
});

test("entries of a text that name themselves are documents", () => {
  const text = [
    "Result 1 (id: WIKI-880, score 0.81)\nSubject: Tokens\nA new token is ordered with the form IT-3 at the service counter.",
    "Result 2 (id: WIKI-412, score 0.44)\nSubject: Lost devices\nA lost device is reported to the service desk at once.",
  ].join("\n\n");
  expect(ids(text)).toEqual(["WIKI-880", "WIKI-412"]);
  expect(documentsIn(text)?.[0]?.score).toBe(0.81);
  const web =
    "Title: Travel\nURL: https://h.example/travel\nThe per diem for a full day in Vienna is 62 euros.\n---\nTitle: Hotels\nURL: https://h.example/hotels\nHotels are booked through the travel portal of the company.";
  expect(ids(web)).toEqual(["https://h.example/travel", "https://h.example/hotels"]);
});

test("a record told as text is no document", () => {
  expect(
    documentsIn("Order id: SO-77120\nState: shipped\nCarrier: DHL, expected on Friday"),
  ).toBeNull();
});
