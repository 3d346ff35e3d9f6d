import { expect, test } from "vitest";
import { contentOf, packedCaptures } from "../testing/captures.ts";
import { facts } from "./framework.ts";
import { frameworks, frameworksOf } from "./frameworks.ts";

/** Which rows a folder of captures is known by; the client below a framework is one more. */
const expected: Readonly<Record<string, readonly string[]>> = {
  "claude-agent-sdk": ["claude-agent-openinference"],
  genkit: ["genkit"],
  "google-adk": ["google-adk-js"],
  langchain: ["langchain-openinference"],
  langfuse: ["langfuse"],
  langsmith: ["langsmith"],
  llamaindex: ["llamaindex-openllmetry-js", "openllmetry-sdk-js"],
  mastra: ["mastra"],
  "openai-agents": ["openai-agents-openinference"],
  "openai-client": ["openai-otel-legacy", "openai-openinference", "openai-openllmetry"],
  openllmetry: ["openai-openllmetry", "openllmetry-sdk-js"],
  "py-ag2": ["ag2", "ag2-classic", "ag2-openinference", "openai-openinference"],
  "py-agent-framework": ["agent-framework"],
  "py-agno": ["agno-openinference", "agno-openllmetry", "openai-openinference"],
  "py-anthropic": ["anthropic", "anthropic-openinference", "anthropic-openllmetry"],
  "py-autogen": ["autogen", "autogen-openinference", "openai-openllmetry"],
  "py-crewai": [
    "crewai",
    "crewai-openinference",
    "crewai-openinference-events",
    "crewai-openllmetry",
    "openai-openinference",
    "openai-openllmetry",
  ],
  "py-dspy": ["dspy-openinference"],
  "py-google-adk": ["google-adk", "google-adk-openinference"],
  "py-haystack": ["haystack", "haystack-openinference"],
  "py-langchain": ["langchain-langsmith", "langchain-openinference", "langchain-openllmetry"],
  "py-langfuse": ["langchain-langfuse", "langfuse"],
  "py-llamaindex": [
    "llamaindex",
    "llamaindex-openinference",
    "llamaindex-openllmetry",
    "openai-openllmetry",
  ],
  "py-mlflow": ["mlflow", "mlflow-genai"],
  "py-openai": [
    "openai-genai",
    "openai-openinference",
    "openai-openllmetry",
    "openai-otel",
    "openai-otel-legacy",
  ],
  "py-openai-agents": [
    "openai-agents-genai",
    "openai-agents-logfire",
    "openai-agents-openinference",
    "openai-agents-openllmetry",
    "openai-agents-otel",
    "openai-genai",
  ],
  "py-pydantic-ai": ["pydantic-ai"],
  "py-semantic-kernel": ["semantic-kernel"],
  "py-smolagents": ["smolagents-openinference"],
  "py-strands": ["strands"],
  "semconv-reference": ["mcp", "otel-genai-2026"],
  strands: ["strands-js"],
  "synthetic-python": [
    "agent-framework",
    "autogen",
    "openai-agents-openinference",
    "openai-agents-otel",
    "pydantic-ai",
    "smolagents-openinference",
  ],
  "vercel-ai": ["vercel-ai", "vercel-ai-legacy"],
  "vercel-ai-v6": ["vercel-ai-legacy", "vercel-ai-openinference"],
};

const known = packedCaptures().map((capture) => {
  const { spans } = contentOf(capture);
  const ids = new Set([...frameworksOf(spans).values()].map(({ id }) => id));
  return { capture, spans, ids };
});

test("every captured framework is known as what it is, and as nothing else", () => {
  const byFolder: Record<string, string[]> = {};
  for (const { capture, ids } of known) {
    byFolder[capture.framework] = [...(byFolder[capture.framework] ?? []), ...ids];
  }
  const found = Object.entries(byFolder).map(([folder, ids]) => [folder, [...new Set(ids)].sort()]);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(expected).map(([folder, ids]) => [folder, ids.toSorted()])),
  );
});

test("no capture that holds spans is known as nothing", () => {
  expect(
    known
      .filter(({ spans, ids }) => spans.length > 0 && ids.size === 0)
      .map(({ capture }) => capture.name),
  ).toEqual([]);
});

test("spans that no row knows are the application's own", () => {
  const scopes = known.flatMap(({ spans }) => {
    const own = frameworksOf(spans);
    return spans.filter((span) => !own.has(span)).map((span) => span.scope.name);
  });
  expect([...new Set(scopes)].sort()).toEqual(["app", "desk"]);
});

test("ids are unique, a narrower row names a row, and every row answers for every fact", () => {
  const ids = frameworks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { narrows, settings } of frameworks) {
    if (narrows !== undefined) expect(ids).toContain(narrows);
    expect(Object.keys(settings).sort()).toEqual(facts.toSorted());
  }
});

test("a row that says it was captured has a capture here; of Claude Code's own spans there is none", () => {
  const here = new Set(known.flatMap(({ ids }) => [...ids]));
  const captured = frameworks.filter(({ evidence }) => evidence === "captured");
  expect(captured.map(({ id }) => id).filter((id) => !here.has(id))).toEqual(["claude-code"]);
});
