// The rules and the tool service that searches them. Three versions of its index: one that works, one that was built empty, and one
// whose results were renamed.
import { createServer } from "node:http";

const rules = [
  { id: "TR-101", text: "Hotels in capital cities may cost up to 140 EUR per night." },
  { id: "TR-102", text: "Dinner with suppliers may cost up to 60 EUR per person." },
  { id: "TR-103", text: "Train tickets above 300 EUR need the approval of the manager." },
  { id: "TR-104", text: "A rental car is paid for when no train arrives before 9 o'clock." },
  { id: "TR-105", text: "Receipts must be handed in within 30 days after the journey." },
  { id: "TR-106", text: "Flights shorter than 500 km are not paid for." },
];

export const questions = [
  "What may hotels in capital cities cost?",
  "How much may dinner with suppliers cost?",
  "Which train tickets need the approval of my manager?",
  "When is a rental car paid for?",
  "Until when must receipts be handed in after the journey?",
  "Are short flights paid for?",
];

function search(query) {
  const asked = new Set(query.toLowerCase().match(/[a-z]{4,}/g) ?? []);
  const score = (rule) =>
    (rule.text.toLowerCase().match(/[a-z]{4,}/g) ?? []).filter((word) => asked.has(word)).length /
    10;
  return rules
    .map((rule) => ({ ...rule, score: score(rule) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 3);
}

const indexes = {
  v1: (query) => ({ index: "rules-v1", rules: search(query) }),
  empty: () => ({ index: "rules-v2", rules: [] }),
  renamed: (query) => ({
    index: "rules-v1",
    hits: search(query).map(({ id, text, score }) => ({ ref: id, body: text, rank: score })),
  }),
};

/** Starts the tool service: `POST /find_rules {"query"}`. The index is named by the first part of the path, as in `/v1/find_rules`. */
export async function startRules() {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const index = indexes[request.url?.split("/")[1] ?? ""];
      response.setHeader("content-type", "application/json");
      response.statusCode = index ? 200 : 404;
      response.end(
        JSON.stringify(index ? index(JSON.parse(body).query) : { error: "no such index" }),
      );
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
