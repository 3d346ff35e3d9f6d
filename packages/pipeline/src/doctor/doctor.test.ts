import { expect, test } from "vitest";
import type { AttributeValue, Span } from "../model/span.ts";
import { contentOf, packedCaptures } from "../testing/captures.ts";
import type { Capture } from "../testing/captures.ts";
import { examine } from "./doctor.ts";
import { learn } from "../ingest/learn.ts";
import { read } from "../ingest/read.ts";
import { looksSecret, unreadOf } from "./unread.ts";

const options = {
  settingsFor: () => learn([], null),
  contractFor: () => null,
  map: [],
};

const captures = packedCaptures();

function captured(name: string): Capture {
  const found = captures.find((capture) => capture.name === name);
  if (found === undefined) throw new Error(`no capture ${name}`);
  return found;
}

function reportOn(name: string) {
  const content = contentOf(captured(name));
  return examine(
    content,
    read(content, options).map(({ run }) => run),
  );
}

function countsOf({ facts }: ReturnType<typeof reportOn>): Record<string, string> {
  return Object.fromEntries(facts.map(({ name, have, of }) => [name, `${have}/${of}`]));
}

function spanWith(attributes: Readonly<Record<string, AttributeValue>>): Span {
  const [span] = contentOf(captured("vercel-ai/genai.good.json")).spans;
  if (span === undefined) throw new Error("no span");
  return { ...span, attributes: new Map(Object.entries(attributes)) };
}

test("content that a framework leaves out by default is missing with the setting that sends it", () => {
  const report = reportOn("py-google-adk/default.support.fallback.protobuf");
  expect(report.frameworks.map(({ id, spans }) => [id, spans])).toEqual([["google-adk", 9]]);
  expect(countsOf(report)).toMatchObject({
    "prompts and answers": "0/4",
    "tool arguments": "0/3",
    "agent names": "1/1",
    session: "1/1",
    "token usage": "4/4",
  });
  const [first] = report.advice;
  expect(first?.kind).toBe("set");
  expect(first?.facts).toEqual([
    "prompts and answers",
    "final answer",
    "tool arguments",
    "tool results",
  ]);
  expect(first?.text).toContain("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY");
});

test("what is switched off is told with its switch, what cannot be had with its reason", () => {
  const off = reportOn("py-langchain/openinference.policy.nocontent.protobuf");
  expect(off.advice.find(({ facts }) => facts.includes("tool results"))).toMatchObject({
    kind: "sent",
    text: expect.stringContaining("OPENINFERENCE_HIDE_INPUTS"),
  });
  const lost = reportOn("py-mlflow/default.policy.good.protobuf");
  expect(lost.advice.find(({ facts }) => facts.includes("session"))).toMatchObject({
    kind: "never",
    text: expect.stringContaining("not exported"),
  });
});

test("nothing is advised about a fact that some span of the framework says", () => {
  for (const capture of captures.filter(({ name }) => name.endsWith(".good.json"))) {
    const report = reportOn(capture.name);
    const said = report.facts.filter(({ have, of }) => of > 0 && have === of);
    const advised = new Set(report.advice.flatMap(({ facts }) => facts));
    expect(said.filter(({ name }) => advised.has(name))).toEqual([]);
  }
});

test("a version that is the framework's own is no service version", () => {
  const report = reportOn("mastra/otel.good.json");
  expect(countsOf(report)["service version"]).toBe("0/1");
  expect(report.advice.find(({ facts }) => facts.includes("service version"))?.kind).toBe("never");
});

test("every capture with spans has a report in which nothing is counted that is not there", () => {
  for (const capture of captures) {
    const report = reportOn(capture.name);
    expect(report.spans.understood).toBeLessThanOrEqual(report.spans.received);
    const owned = report.frameworks.reduce((sum, { spans }) => sum + spans, 0);
    expect(owned + report.otherSpans.spans).toBe(report.spans.received);
    for (const { have, of } of report.facts) expect(have).toBeLessThanOrEqual(of);
    expect(report.unread.attributes.length).toBeLessThanOrEqual(20);
  }
});

test("spans that arrive twice count once", () => {
  const content = contentOf(captured("vercel-ai/genai.good.json"));
  const twice = { spans: [...content.spans, ...content.spans], logs: content.logs };
  expect(examine(twice, []).spans.received).toBe(content.spans.length);
});

test("an unread attribute is counted by name, a list's entries as one, with the beginning of a value", () => {
  const spans = [
    spanWith({ "app.tier": "gold", "app.rows.0.id": "a", "app.rows.1.id": "b" }),
    { ...spanWith({ "app.tier": "x".repeat(80), "gen_ai.request.model": "m" }) },
  ];
  expect(unreadOf(spans)).toEqual({
    attributes: [
      { name: "app.tier", spans: 2, example: "gold" },
      { name: "app.rows.*.id", spans: 1, example: "b" },
    ],
    more: 0,
  });
  expect(unreadOf([spanWith({ "app.text": "y".repeat(80) })]).attributes[0]?.example).toHaveLength(
    60,
  );
});

test("of more than twenty names twenty are shown, and how many are left", () => {
  const names = Array.from({ length: 23 }, (_, index) => [`app.key${index}x`, index] as const);
  const { attributes, more } = unreadOf([spanWith(Object.fromEntries(names))]);
  expect([attributes.length, more]).toEqual([20, 3]);
});

test.each([
  ["app.api_key", "anything"],
  ["http.request.header.authorization", "x"],
  ["app.note", "Bearer abcdefgh12345678"],
  ["app.url", "https://user:hunter2@db.internal/x"],
  ["app.value", "sk-proj-abcdefghijklmnop1234"],
  ["app.value", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"],
  ["app.value", "Zk3Jq9Xw2Rt7Yb5Nc8Md1Lf6Hg4Sp0Va"],
])("%s = %s looks like a secret and is not shown", (name, value) => {
  expect(looksSecret(name, value)).toBe(true);
});

test.each([
  ["gen_ai.usage.total_tokens", 90],
  ["app.text", "The retention is five years."],
  ["app.id", "4f0e7b9c-1d2e-4a5b-8c9d-0123456789ab"],
  ["app.kind", "Bearer"],
])("%s = %s does not", (name, value) => {
  expect(looksSecret(name, value)).toBe(false);
});
